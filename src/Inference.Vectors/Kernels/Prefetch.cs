using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Kernels;

/// <summary>Asks for rows that are needed soon. A hint: it never faults and does nothing where .NET has no instruction for it.</summary>
internal static unsafe class Prefetch
{
    private const nuint CacheLine = 64;

    /// <summary>The hardware follows a row by itself after its first lines.</summary>
    private const nuint MostBytes = 8 * CacheLine;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(ref float row, nuint stride)
    {
        if (!Sse.IsSupported)
            return;
        nuint bytes = Math.Min(stride * sizeof(float), MostBytes);
        for (nuint i = 0; i < bytes; i += CacheLine)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AddByteOffset(ref row, i)));
    }
}
