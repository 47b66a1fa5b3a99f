using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>"popularity": what most users touch, now: <c>score(i) = ln(rate_i + 1e-6)</c>, the rate being the share of users, moved by what is recorded while serving.</summary>
internal sealed class PopularityRetriever() : Retriever(Sources.Popularity, Sources.Popularity, Retrievers.Popularity)
{
    private const float Epsilon = 1e-6f;

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, scratch, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        Popularity popularity = input.Snapshot.Popularity;
        for (int i = 0; i < rows.Length; i++)
            scores[i] = ScoreOf(popularity, rows[i]);
        return true;
    }

    private static int Find(RetrievalInput input, RetrieverScratch scratch, Span<Neighbor> found)
    {
        Popularity popularity = input.Snapshot.Popularity;
        if (input.Eligible.Filter.Allowed is { Count: <= BestFirst.FewRows } allowed)
        {
            var best = new BestRows(scratch.Keys(found.Length));
            for (int row = allowed.NextFrom(0); row >= 0; row = allowed.NextFrom(row + 1))
            {
                if (popularity.RateOf(row) > 0f && input.Eligible.Allows(row))
                    best.Offer(row, ScoreOf(popularity, row));
            }

            return BestFirst.Write(best.Sorted(), found);
        }

        int count = BestFirst.Walk(popularity.Ranked, input.Eligible, found);
        // What nobody touched is not popular.
        while (count > 0 && found[count - 1].Score <= 0f)
            count--;
        foreach (ref Neighbor item in found[..count])
            item = new Neighbor(item.Row, ScoreOf(popularity, item.Row));
        return count;
    }

    private static float ScoreOf(Popularity popularity, int row) => MathF.Log(popularity.RateOf(row) + Epsilon);
}
