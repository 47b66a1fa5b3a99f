using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>Finds the best rows of all queries at once, which is the truth that an index is held against.</summary>
/// <remarks>
/// All queries go over a block of rows while it lies in a core's cache, and then over the next one: an order of magnitude faster than query by query, where each
/// reads all rows from memory.
/// </remarks>
internal static class ExactSearch
{
    private const int BlockBytes = 512 * 1024;

    /// <returns>For each query the numbers of its <paramref name="wanted"/> best rows, best first, equal scores by ascending row.</returns>
    public static int[][] Best(BenchSet set, int wanted, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var best = new Neighbor[set.QueryCount][];
        foreach (ref Neighbor[] list in best.AsSpan())
            list = [];
        int dimension = set.Rows.Dimension;
        int blockRows = Math.Max(wanted, BlockBytes / (dimension * sizeof(float)));
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        for (int start = 0; start < set.Rows.Count; start += blockRows)
        {
            int first = start;
            using VectorMatrix block = VectorMatrix.Create(Math.Min(blockRows, set.Rows.Count - start), dimension, (row, elements) => set.Rows.Row(first + row).CopyTo(elements));
            using var index = new ExactIndex(block, set.Metric);
            Parallel.For(0, set.QueryCount, options, () => new Neighbor[wanted], (query, _, found) =>
            {
                int count = index.Search(set.Query(query).Span, found);
                best[query] = Merge(best[query], found.AsSpan(0, count), first, wanted);
                return found;
            }, static _ => { });
            progress.Report((double)Math.Min(set.Rows.Count, start + blockRows) / set.Rows.Count);
        }
        return Array.ConvertAll(best, static list => Array.ConvertAll(list, static neighbor => neighbor.Row));
    }

    /// <summary>The best of both lists. All rows of <paramref name="found"/> come after those of <paramref name="best"/>, so that the latter win a tie.</summary>
    private static Neighbor[] Merge(Neighbor[] best, ReadOnlySpan<Neighbor> found, int firstRow, int wanted)
    {
        if (best.Length == wanted && found[0].Score <= best[^1].Score)
            return best;
        var merged = new Neighbor[Math.Min(wanted, best.Length + found.Length)];
        for (int i = 0, a = 0, b = 0; i < merged.Length; i++)
        {
            bool takesFound = a == best.Length || (b < found.Length && found[b].Score > best[a].Score);
            merged[i] = takesFound ? new Neighbor(firstRow + found[b].Row, found[b++].Score) : best[a++];
        }
        return merged;
    }
}
