using System.Runtime.CompilerServices;

namespace Inference.Vectors.Kernels;

/// <summary>The definition of <see cref="KernelSet"/> written out: the oracle of the vector paths, and the fallback where there are none.</summary>
internal sealed class ScalarKernels : KernelSet
{
    public override int Width => 0;

    public override float Dot(ref float a, ref float b, nuint length)
    {
        Span<float> lanes = stackalloc float[Lanes];
        for (nuint i = 0; i < length; i++)
            lanes[(int)(i % Lanes)] += Unsafe.Add(ref a, i) * Unsafe.Add(ref b, i);
        return Sum(lanes);
    }

    public override float SquaredL2(ref float a, ref float b, nuint length)
    {
        Span<float> lanes = stackalloc float[Lanes];
        for (nuint i = 0; i < length; i++)
        {
            float difference = Unsafe.Add(ref a, i) - Unsafe.Add(ref b, i);
            lanes[(int)(i % Lanes)] += difference * difference;
        }
        return Sum(lanes);
    }

    public override void DotRows(ref float query, ref float rows, nuint stride, nuint rowCount, ref float scores)
    {
        for (nuint row = 0; row < rowCount; row++)
            Unsafe.Add(ref scores, row) = Dot(ref query, ref Unsafe.Add(ref rows, row * stride), stride);
    }

    public override void SquaredL2Rows(ref float query, ref float rows, nuint stride, nuint rowCount, ref float scores)
    {
        for (nuint row = 0; row < rowCount; row++)
            Unsafe.Add(ref scores, row) = SquaredL2(ref query, ref Unsafe.Add(ref rows, row * stride), stride);
    }

    public override void DotGather(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores)
    {
        for (int i = 0; i < rows.Length; i++)
            Unsafe.Add(ref scores, i) = Dot(ref query, ref Unsafe.Add(ref matrix, (nuint)rows[i] * stride), stride);
    }

    public override void SquaredL2Gather(ref float query, ref float matrix, nuint stride, ReadOnlySpan<int> rows, ref float scores)
    {
        for (int i = 0; i < rows.Length; i++)
            Unsafe.Add(ref scores, i) = SquaredL2(ref query, ref Unsafe.Add(ref matrix, (nuint)rows[i] * stride), stride);
    }

    private static float Sum(Span<float> lanes)
    {
        for (int half = Lanes / 2; half > 0; half /= 2)
        {
            for (int lane = 0; lane < half; lane++)
                lanes[lane] += lanes[lane + half];
        }
        return lanes[0];
    }
}
