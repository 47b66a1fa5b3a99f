using System.Runtime.InteropServices;

namespace Inference.Vectors.Memory;

/// <summary>Asks Linux to back large blocks with pages of 2 MiB.</summary>
/// <remarks>
/// With the usual setting (transparent_hugepage: madvise) only blocks that ask get them. A scan from memory is a quarter faster, because it misses the translation
/// cache once in 2 MiB instead of once in 4 KiB (Benchmarks: exact-scan). Elsewhere, and where the kernel refuses, nothing happens.
/// </remarks>
internal static unsafe partial class HugePages
{
    /// <summary>Size and alignment of such a page on x64 and, with 4 KiB base pages, on Arm.</summary>
    public const nuint Size = 2 << 20;

    /// <summary>Smaller blocks would lose more to the alignment than they win.</summary>
    public const nuint Worthwhile = 4 * Size;

    private const int MadvHugePage = 14;

    /// <param name="start">Aligned to <see cref="Size"/>; not yet written to, for pages that are there already stay small.</param>
    /// <param name="bytes">Length of the block.</param>
    public static void Advise(void* start, nuint bytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = MemoryAdvise(start, bytes, MadvHugePage);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A C library under another name: small pages serve too.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(void* start, nuint bytes, int advice);
}
