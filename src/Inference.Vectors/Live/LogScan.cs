using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Exact;
using Inference.Vectors.Kernels;
using Inference.Vectors.Search;

namespace Inference.Vectors.Live;

/// <summary>Scores the vectors of the log as an exact index scores its rows, to the bit.</summary>
internal static class LogScan
{
    /// <summary>Offers every row whose latest change before <paramref name="end"/> lies from <paramref name="start"/> on and gives it a vector.</summary>
    /// <param name="start">Where to begin.</param>
    /// <param name="end">A published position.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="query">Finite elements, not padded.</param>
    /// <param name="filter">Which rows may be offered.</param>
    /// <param name="best">Takes them.</param>
    [SkipLocalsInit]
    public static void Collect(LogPosition start, long end, Metric metric, scoped ReadOnlySpan<float> query, RowFilter filter, ref TopK best)
    {
        int stride = start.Block.Stride;
        float[]? rented = null;
        Span<float> scratch = stride <= PreparedQuery.StackElements
            ? stackalloc float[PreparedQuery.StackElements + PreparedQuery.AlignmentSlack]
            : rented = ArrayPool<float>.Shared.Rent(stride + PreparedQuery.AlignmentSlack);
        try
        {
            ReadOnlySpan<float> prepared = PreparedQuery.Prepare(query, metric, stride, scratch);
            foreach (LogRun run in start.To(end))
                Collect(run, end, metric, prepared, filter, ref best);
        }
        finally
        {
            if (rented is not null)
                ArrayPool<float>.Shared.Return(rented);
        }
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Collect(LogRun run, long end, Metric metric, scoped ReadOnlySpan<float> query, RowFilter filter, ref TopK best)
    {
        Span<float> scores = stackalloc float[ScoreBlock.Rows];
        ref float result = ref MemoryMarshal.GetReference(scores);
        ref float start = ref MemoryMarshal.GetReference(query);
        LogBlock block = run.Block;
        for (int first = run.From & -ScoreBlock.Rows; first < run.To; first += ScoreBlock.Rows)
        {
            // Places behind the last change may be written to meanwhile: their scores are anything, and masked.
            int rows = Math.Min(ScoreBlock.Rows, (run.To - first + KernelSet.Lanes - 1) & -KernelSet.Lanes);
            ulong inRun = ulong.MaxValue;
            if (first < run.From)
                inRun <<= run.From - first;
            if (run.To - first < ScoreBlock.Rows)
                inRun &= (1UL << (run.To - first)) - 1;
            if (metric == Metric.L2)
                KernelSets.Best.SquaredL2Rows(ref start, ref block.Vectors(first), (nuint)block.Stride, (nuint)rows, ref result);
            else
                KernelSets.Best.DotRows(ref start, ref block.Vectors(first), (nuint)block.Stride, (nuint)rows, ref result);
            ulong candidates = ScoreBlock.Finish(metric, ref result, ref block.InverseNorms(first), best.Threshold) & inRun;
            for (; candidates != 0; candidates &= candidates - 1)
            {
                int i = BitOperations.TrailingZeroCount(candidates);
                if (!block.IsDeletion(first + i) && block.IsLatestBefore(first + i, end) && filter.Admits(block.Row(first + i)))
                    best.Offer(block.Row(first + i), scores[i]);
            }
        }
    }
}
