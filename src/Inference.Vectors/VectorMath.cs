using System.Runtime.InteropServices;
using Inference.Vectors.Kernels;

namespace Inference.Vectors;

/// <summary>Products and distances of single vectors, with the bits that the indexes give (see <see cref="KernelSet"/> for the order of the sum and its error).</summary>
public static class VectorMath
{
    /// <summary>Bits of the vector registers that the kernels of this process use: 512, 256, 128, or 0 where there are none.</summary>
    public static int Width => KernelSets.Best.Width;

    /// <summary>Σ aᵢbᵢ; 0 for empty vectors.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ThrowIfLengthsDiffer(a, b);
        return KernelSets.Best.Dot(ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b), (nuint)a.Length);
    }

    /// <summary>Σ (aᵢ − bᵢ)², summed as it stands, so that near vectors keep their digits; 0 for empty vectors.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static float SquaredL2(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ThrowIfLengthsDiffer(a, b);
        return KernelSets.Best.SquaredL2(ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b), (nuint)a.Length);
    }

    /// <summary>Σ aᵢ².</summary>
    public static float SquaredNorm(ReadOnlySpan<float> a) => Dot(a, a);

    private static void ThrowIfLengthsDiffer(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        if (a.Length != b.Length)
            throw new ArgumentException($"The vectors have {a.Length} and {b.Length} dimensions.", nameof(b));
    }
}
