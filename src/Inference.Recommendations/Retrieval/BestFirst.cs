using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>Writes what retrievers found, best first.</summary>
internal static class BestFirst
{
    /// <summary>Up to so many allowed rows are scored one by one, rather than found by walking down a ranking of the whole catalogue.</summary>
    public const int FewRows = 10_000;

    /// <param name="keys">Sorted keys of <see cref="BestRows"/>.</param>
    /// <param name="found">At least as many places.</param>
    /// <returns>How many there are.</returns>
    public static int Write(ReadOnlySpan<ulong> keys, Span<Neighbor> found)
    {
        for (int i = 0; i < keys.Length; i++)
            found[i] = new Neighbor(BestRows.RowOf(keys[i]), BestRows.ScoreOf(keys[i]));
        return keys.Length;
    }

    /// <summary>The first eligible rows of a ranking, with its numbers as scores.</summary>
    /// <param name="ranked">Best first.</param>
    /// <param name="eligible">What may be shown.</param>
    /// <param name="found">Receives them.</param>
    /// <returns>How many there are.</returns>
    public static int Walk(ReadOnlySpan<ScoredRow> ranked, Eligibility eligible, Span<Neighbor> found)
    {
        int count = 0;
        foreach (ScoredRow item in ranked)
        {
            if (count == found.Length)
                break;
            if (eligible.Allows(item.Row))
                found[count++] = new Neighbor(item.Row, item.Rate);
        }

        return count;
    }
}
