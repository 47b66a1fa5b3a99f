using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>"cluster_profile" of bundles without a fused model: the mixture of profiles that fits the context, <c>score(i) = Σ_c w_c r(i|c)</c>. Silent where the context chooses none.</summary>
internal sealed class ProfilesRetriever() : Retriever(Sources.ClusterProfile, Sources.ClusterProfile, Retrievers.ClusterProfile)
{
    private readonly RateBoardPool _boards = new();

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        ClusterProfiles profiles = input.Snapshot.Profiles!;
        Span<float> weights = scratch.Scores(profiles.Count);
        profiles.Weigh(input.Features, weights);
        Popularity popularity = input.Snapshot.Popularity;
        RateBoard board = _boards.Rent(input.Eligible.Rows.RowCount);
        try
        {
            float rest = ColdStart.Mix(input.Snapshot, profiles, weights, input.Eligible, 0, board);
            for (int i = 0; i < rows.Length; i++)
                scores[i] = board.TryGet(rows[i], out float rate) ? rate : rest * popularity.RateOf(rows[i]);
            return true;
        }
        finally
        {
            _boards.Return(board);
        }
    }

    private int Find(RetrievalInput input, Span<Neighbor> found)
    {
        ClusterProfiles profiles = input.Snapshot.Profiles!;
        Span<float> weights = profiles.Count <= 256 ? stackalloc float[profiles.Count] : new float[profiles.Count];
        if (input.Features.IsEmpty || profiles.Weigh(input.Features, weights) == 0)
            return Silent;
        Span<ScoredRow> known = stackalloc ScoredRow[Math.Min(found.Length, ProfileHeads.Depth)];
        if (known.Length == found.Length && input.Snapshot.ProfileHeads.TryFind(input.Snapshot, weights, input.Eligible, known))
        {
            for (int i = 0; i < known.Length; i++)
                found[i] = new Neighbor(known[i].Row, known[i].Rate);
            return known.Length;
        }

        RateBoard board = _boards.Rent(input.Eligible.Rows.RowCount);
        try
        {
            ColdStart.Mix(input.Snapshot, profiles, weights, input.Eligible, found.Length, board);
            int count = 0;
            foreach (ScoredRow best in board.TakeBest(found.Length))
                found[count++] = new Neighbor(best.Row, best.Rate);
            return count;
        }
        finally
        {
            _boards.Return(board);
        }
    }
}
