using System.Numerics;
using System.Runtime.CompilerServices;
using Inference.Vectors.Exact;
using Inference.Vectors.Kernels;
using Inference.Vectors.Kernels.Bytes;
using Inference.Vectors.Search;

namespace Inference.Vectors.Live;

/// <summary>Finds the best vectors of the log as <see cref="ScanIndex"/> does, with the scores of <see cref="ExactIndex"/>, to the bit.</summary>
/// <remarks>
/// For each stretch of changes: sums over the 8-bit codes, then the bounds say which changes may reach the threshold that the hits of the index have set. Those that are
/// visible are scored in fp32 and offered.
/// </remarks>
internal static class LogScan
{
    /// <summary>Offers every row whose latest change before <paramref name="end"/> lies from <paramref name="start"/> on and gives it a vector.</summary>
    /// <param name="log">What <paramref name="start"/> is a place of.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="end">A published position.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="query">Finite elements, not padded.</param>
    /// <param name="filter">Which rows may be offered.</param>
    /// <param name="best">Takes them.</param>
    public static void Collect(ChangeLog log, LogPosition start, long end, Metric metric, scoped ReadOnlySpan<float> query, RowFilter filter, ref TopK best)
    {
        ScanQuery prepared = log.Queries.Rent();
        try
        {
            prepared.Prepare(query, metric, mean: [], log.LargestInverse);
            foreach (LogRun run in start.To(end))
            {
                for (int stretch = run.From / ScanCodes.StretchRows; stretch * ScanCodes.StretchRows < run.To; stretch++)
                    Collect(run, stretch, end, metric, prepared, filter, ref best);
            }
        }
        finally
        {
            log.Queries.Return(prepared);
        }
    }

    /// <summary>The score of the vector that one change gives its row.</summary>
    /// <param name="log">What <paramref name="position"/> is a place of.</param>
    /// <param name="position">A published change that is no deletion, in its block.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="query">Finite elements, not padded.</param>
    [SkipLocalsInit]
    public static float Score(ChangeLog log, LogPosition position, Metric metric, scoped ReadOnlySpan<float> query)
    {
        LogBlock block = position.Block;
        int place = (int)(position.Position - block.First);
        Span<float> scores = stackalloc float[ScoreBlock.Rows];
        ScanQuery prepared = log.Queries.Rent();
        try
        {
            prepared.Prepare(query, metric, mean: [], log.LargestInverse);
            var scan = new ExactScan(KernelSets.Best, metric, prepared.Prepared, ref block.Vectors, block.Stride, block.Capacity, block.InverseNorms);
            scan.ScorePicked(new ReadOnlySpan<int>(in place), scores, float.NegativeInfinity);
            return scores[0];
        }
        finally
        {
            log.Queries.Return(prepared);
        }
    }

    [SkipLocalsInit]
    private static void Collect(LogRun run, int stretch, long end, Metric metric, ScanQuery query, RowFilter filter, ref TopK best)
    {
        Span<int> sums = stackalloc int[ScanCodes.StretchRows];
        Span<ulong> candidates = stackalloc ulong[ScanSelection.Words];
        int first = stretch * ScanCodes.StretchRows, last = Math.Min(first + ScanCodes.StretchRows, run.To);
        // Places behind the last change may be written to meanwhile: their sums are anything, and masked.
        int blocks = (last - first + ByteKernels.BlockRows - 1) / ByteKernels.BlockRows;
        ByteKernelSets.Best.One(ref run.Block.Codes(first), (nuint)run.Block.Groups, (nuint)blocks, ref query.High, ref sums[0]);
        ScanSelection selection = run.Block.Selection(stretch, query);
        selection.Least = query.IsTrusted ? query.CoarseBounds.Least(best.Threshold, query.CoarseBounds.Error(run.Block.Norm(stretch))) : float.NegativeInfinity;
        if (selection.Select(ref sums[0], ref Unsafe.NullRef<int>(), blocks, candidates))
            ScoreCandidates(run, first, candidates, end, metric, query, filter, ref best);
    }

    [SkipLocalsInit]
    private static void ScoreCandidates(
        LogRun run, int first, scoped ReadOnlySpan<ulong> candidates, long end, Metric metric, ScanQuery query, RowFilter filter, ref TopK best)
    {
        LogBlock block = run.Block;
        Span<int> picked = stackalloc int[ScoreBlock.Rows];
        Span<float> scores = stackalloc float[ScoreBlock.Rows];
        var scan = new ExactScan(KernelSets.Best, metric, query.Prepared, ref block.Vectors, block.Stride, block.Capacity, block.InverseNorms);
        for (int word = 0; word < candidates.Length; word++)
        {
            int count = 0;
            for (ulong left = candidates[word]; left != 0; left &= left - 1)
            {
                int i = first + word * 64 + BitOperations.TrailingZeroCount(left);
                if (i >= run.From && i < run.To && !block.IsDeletion(i) && block.IsLatestBefore(i, end) && filter.Admits(block.Row(i)))
                    picked[count++] = i;
            }
            if (count == 0)
                continue;
            for (ulong good = scan.ScorePicked(picked[..count], scores, best.Threshold); good != 0; good &= good - 1)
            {
                int i = BitOperations.TrailingZeroCount(good);
                best.Offer(block.Row(picked[i]), scores[i]);
            }
        }
    }
}
