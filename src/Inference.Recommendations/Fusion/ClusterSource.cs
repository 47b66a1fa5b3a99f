using System.Numerics.Tensors;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Fusion;

/// <summary>The mixture of the cluster profiles that fit the user: <c>score(i) = log(Σ_c w_c r(i|c) + ε)</c>.</summary>
/// <remarks>r(i|c) is what the profile lists, and s_c p_i for items that it does not list, so the sum is p_i Σ_c w_c s_c for all items and w_c (r(i|c) − s_c p_i) more for listed ones.</remarks>
public sealed class ClusterSource : ScoreSource
{
    /// <summary>Clusters below this weight are left out of the sum.</summary>
    private const float NegligibleWeight = 1e-5f;

    /// <summary>Listed items that each cluster proposes where the catalogue is large.</summary>
    private const int ProposedPerCluster = 200;

    /// <summary>Clusters from this weight on propose in any case; where the weight is spread over many, the heaviest do.</summary>
    private const float ProposingWeight = 0.01f;

    private readonly float[] _popularity;
    private readonly WeightedLists _lists;

    /// <param name="name">Its name in the model.</param>
    /// <param name="posterior">Which clusters a user is of.</param>
    /// <param name="popularity">p_i, as the profiles were made with.</param>
    /// <param name="epsilon">ε, above 0: what an item gets that nobody touched.</param>
    /// <param name="isStandardised">See <see cref="ScoreSource.IsStandardised"/>.</param>
    public ClusterSource(string name, ClusterPosterior posterior, Popularity popularity, float epsilon = 1e-6f, bool isStandardised = true)
        : base(name, Sources.ClusterProfile, popularity.Ranked.Length, isStandardised)
    {
        if (!(epsilon > 0 && float.IsFinite(epsilon)))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "ε is above 0.");
        (Posterior, Epsilon) = (posterior, epsilon);
        _popularity = new float[RowCount];
        for (int row = 0; row < _popularity.Length; row++)
            _popularity[row] = popularity.RateOf(row);
        _lists = ListsOf(posterior.Profiles, _popularity);
    }

    /// <summary>Which clusters a user is of.</summary>
    public ClusterPosterior Posterior { get; }

    /// <summary>ε.</summary>
    public float Epsilon { get; }

    internal override bool ReadsHistory => Posterior is { Clicks: not null, ClickWeight: > 0 };

    internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
    {
        if (!scratch.Weigh(Posterior, input))
            return false;
        ReadOnlySpan<float> weights = scratch.ClusterWeights;
        float rest = 0;
        for (int c = 0; c < weights.Length; c++)
        {
            if (weights[c] >= NegligibleWeight)
                rest += weights[c] * Posterior.Profiles[c].RestScale;
        }

        rows.Take(_popularity, scores);
        TensorPrimitives.Multiply(scores, rest, scores);
        for (int c = 0; c < weights.Length; c++)
        {
            if (weights[c] >= NegligibleWeight)
                rows.Add(_lists, c, weights[c], scores);
        }

        // What rounding left below 0 is 0.
        TensorPrimitives.Max(scores, 0f, scores);
        TensorPrimitives.Add(scores, Epsilon, scores);
        TensorPrimitives.Log<float>(scores, scores);
        return true;
    }

    internal override void Propose(in FusionInput input, FusionScratch scratch, int most)
    {
        if (!scratch.Weigh(Posterior, input))
            return;
        ReadOnlySpan<float> weights = scratch.ClusterWeights;
        var heaviest = new BestRows(scratch.Keys(Math.Max(1, most / ProposedPerCluster)));
        for (int c = 0; c < weights.Length; c++)
        {
            if (weights[c] >= ProposingWeight)
                Propose(c, scratch);
            if (weights[c] >= NegligibleWeight)
                heaviest.Offer(c, weights[c]);
        }

        foreach (ulong key in heaviest.Sorted())
        {
            if (BestRows.ScoreOf(key) < ProposingWeight)
                Propose(BestRows.RowOf(key), scratch);
        }
    }

    private void Propose(int cluster, FusionScratch scratch)
    {
        ReadOnlySpan<ScoredRow> top = Posterior.Profiles[cluster].Top.Span;
        foreach (ScoredRow listed in top[..Math.Min(top.Length, ProposedPerCluster)])
            scratch.Candidates.Add(listed.Row);
    }

    private static WeightedLists ListsOf(ClusterProfiles profiles, float[] popularity)
    {
        int[] offsets = new int[profiles.Count + 1];
        for (int c = 0; c < profiles.Count; c++)
            offsets[c + 1] = offsets[c] + profiles[c].Top.Length;
        int[] columns = new int[offsets[^1]];
        float[] weights = new float[offsets[^1]];
        for (int c = 0; c < profiles.Count; c++)
        {
            ReadOnlySpan<ScoredRow> top = profiles[c].Top.Span;
            for (int i = 0; i < top.Length; i++)
            {
                columns[offsets[c] + i] = top[i].Row;
                weights[offsets[c] + i] = top[i].Rate - (profiles[c].RestScale * popularity[top[i].Row]);
            }
        }

        return new WeightedLists(offsets, columns, weights, popularity.Length);
    }
}
