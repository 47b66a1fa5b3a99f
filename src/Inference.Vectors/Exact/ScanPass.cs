using System.Runtime.CompilerServices;
using Inference.Vectors.Kernels;
using Inference.Vectors.Kernels.Bytes;

namespace Inference.Vectors.Exact;

/// <summary>Takes one search, or up to four, through the codes: the kernels write the sums of a stretch, then each search goes through its own.</summary>
/// <remarks>Sums go through a buffer of the first-level cache because a kernel that calls something keeps its registers in memory.</remarks>
internal static class ScanPass
{
    /// <summary>Most searches of a pass.</summary>
    public const int Queries = 4;

    /// <summary>From a place on, to the end or until no row that is left can matter.</summary>
    [SkipLocalsInit]
    public static void One(ScanCodes codes, ref ScanSearch search, int stretch = 0)
    {
        Span<int> sums = stackalloc int[2 * ScanCodes.StretchRows];
        for (; stretch < codes.Stretches && search.Wants(stretch); stretch++)
        {
            ref byte start = ref Start(codes, stretch, out nuint blocks);
            if (search.IsCrowded)
            {
                ByteKernelSets.Best.Two(ref start, (nuint)codes.Groups, blocks, ref search.High, ref search.Low, ref sums[0], ScanCodes.StretchRows);
                search.Take(stretch, ref sums[0], ref sums[ScanCodes.StretchRows]);
            }
            else
            {
                ByteKernelSets.Best.One(ref start, (nuint)codes.Groups, blocks, ref search.High, ref sums[0]);
                search.Take(stretch, ref sums[0], ref Unsafe.NullRef<int>());
            }
        }
    }

    /// <summary>Two to four searches; those that are not wanted are done from the start.</summary>
    [SkipLocalsInit]
    public static void Four(ScanCodes codes, ref ScanSearch a, ref ScanSearch b, ref ScanSearch c, ref ScanSearch d)
    {
        Span<int> sums = stackalloc int[Queries * ScanCodes.StretchRows];
        int stretch = 0;
        for (; stretch < codes.Stretches; stretch++)
        {
            int wanted = (a.Wants(stretch) ? 1 : 0) + (b.Wants(stretch) ? 1 : 0) + (c.Wants(stretch) ? 1 : 0) + (d.Wants(stretch) ? 1 : 0);
            if (wanted <= 1)
                break;
            ref byte start = ref Start(codes, stretch, out nuint blocks);
            ByteKernelSets.Best.Four(
                ref start, (nuint)codes.Groups, blocks, ref a.High, ref b.High, ref c.High, ref d.High, ref sums[0], ScanCodes.StretchRows);
            Take(ref a, stretch, ref sums[0]);
            Take(ref b, stretch, ref sums[ScanCodes.StretchRows]);
            Take(ref c, stretch, ref sums[2 * ScanCodes.StretchRows]);
            Take(ref d, stretch, ref sums[3 * ScanCodes.StretchRows]);
        }
        One(codes, ref a, stretch);
        One(codes, ref b, stretch);
        One(codes, ref c, stretch);
        One(codes, ref d, stretch);
    }

    private static void Take(ref ScanSearch search, int stretch, ref int sums)
    {
        if (!search.IsDone)
            search.Take(stretch, ref sums, ref Unsafe.NullRef<int>());
    }

    private static ref byte Start(ScanCodes codes, int stretch, out nuint blocks)
    {
        blocks = (nuint)codes.BlocksOf(stretch);
        ref byte start = ref codes.Block(stretch * ScanCodes.StretchBlocks);
        Prefetch.Stream(ref Unsafe.As<byte, float>(ref start), blocks * (nuint)codes.Groups * ByteKernels.BlockRows);
        return ref start;
    }
}
