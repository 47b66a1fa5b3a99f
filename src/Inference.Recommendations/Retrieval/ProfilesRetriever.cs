using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>"cluster_profile" of bundles without a fused model: the mixture of profiles that fits the context, <c>score(i) = Σ_c w_c r(i|c)</c>. Silent where the context chooses none.</summary>
internal sealed class ProfilesRetriever() : Retriever(Sources.ClusterProfile, Sources.ClusterProfile, Retrievers.ClusterProfile)
{
    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        Span<float> weights = scratch.Scores(input.Snapshot.Profiles!.Count);
        input.Snapshot.Profiles.Weigh(input.Features, weights);
        input.Snapshot.ProfileMixture!.Score(input.Snapshot.Popularity, weights, rows, scores);
        return true;
    }

    private static int Find(RetrievalInput input, Span<Neighbor> found)
    {
        ClusterProfiles profiles = input.Snapshot.Profiles!;
        Span<float> weights = profiles.Count <= 256 ? stackalloc float[profiles.Count] : new float[profiles.Count];
        if (input.Features.IsEmpty || profiles.Weigh(input.Features, weights) == 0)
            return Silent;
        Span<ScoredRow> best = found.Length <= 512 ? stackalloc ScoredRow[found.Length] : new ScoredRow[found.Length];
        int count = input.Snapshot.ProfileMixture!.Find(input.Snapshot.Popularity, weights, input.Eligible, best);
        for (int i = 0; i < count; i++)
            found[i] = new Neighbor(best[i].Row, best[i].Rate);
        return count;
    }
}
