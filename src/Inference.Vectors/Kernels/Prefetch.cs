using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inference.Vectors.Kernels;

/// <summary>Asks the caches for what is needed soon. Hints: they never fault, and do nothing where .NET has no instruction for them.</summary>
internal static unsafe class Prefetch
{
    private const nuint CacheLine = 64, Page = 4096;

    /// <summary>The hardware follows a row by itself after its first lines.</summary>
    private const nuint RowBytes = 8 * CacheLine;

    /// <summary>How far before a stream's reader its pages are opened, and how many lines of each: measured; more lines compete with the hardware and lose.</summary>
    private const nuint StreamAhead = 16384, StreamBytes = 4 * CacheLine;

    /// <summary>The first lines of a row that is going to be read from anywhere in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row(ref float row, nuint stride)
    {
        if (!Sse.IsSupported)
            return;
        nuint bytes = Math.Min(stride * sizeof(float), RowBytes);
        for (nuint i = 0; i < bytes; i += CacheLine)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AddByteOffset(ref row, i)));
    }

    /// <summary>Opens pages ahead of a stream: the hardware prefetcher stops at every page boundary and needs a few misses to start again.</summary>
    /// <param name="next">What is read next.</param>
    /// <param name="length">Floats that are read before the next call.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Stream(ref float next, nuint length)
    {
        if (!Sse.IsSupported)
            return;
        byte* start = (byte*)((nuint)Unsafe.AsPointer(ref next) + StreamAhead & ~(Page - 1));
        for (nuint page = 0; page < length * sizeof(float); page += Page)
        {
            for (nuint line = 0; line < StreamBytes; line += CacheLine)
                Sse.Prefetch1(start + page + line);
        }
    }
}
