using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>"trending": what is touched more often lately than its popularity lets expect (<see cref="Trends"/>). Silent while nothing is recorded.</summary>
internal sealed class TrendingRetriever() : Retriever(Sources.Trending, Sources.Trending, Retrievers.Trending)
{
    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, scratch, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        Trends trends = input.Snapshot.Trends;
        Popularity popularity = input.Snapshot.Popularity;
        for (int i = 0; i < rows.Length; i++)
            scores[i] = trends.ScoreOf(rows[i], popularity);
        return true;
    }

    private static int Find(RetrievalInput input, RetrieverScratch scratch, Span<Neighbor> found)
    {
        Trends trends = input.Snapshot.Trends;
        if (trends.IsEmpty)
            return Silent;
        if (input.Eligible.Filter.Allowed is not { Count: <= BestFirst.FewRows } allowed)
            return BestFirst.Walk(trends.Ranked, input.Eligible, found);
        Popularity popularity = input.Snapshot.Popularity;
        var best = new BestRows(scratch.Keys(found.Length));
        for (int row = allowed.NextFrom(0); row >= 0; row = allowed.NextFrom(row + 1))
        {
            if (input.Eligible.Allows(row) && trends.ScoreOf(row, popularity) is > 0f and float score)
                best.Offer(row, score);
        }

        return BestFirst.Write(best.Sorted(), found);
    }
}
