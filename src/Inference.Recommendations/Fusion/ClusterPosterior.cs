using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Fusion;

/// <summary>
/// Which cluster a user is of, by Bayes' rule from context and events:
/// <c>L_c = log π_c + w · Σ_f t_f,v(c) + τ · Σ_clicked log q(i|c) + σ · Σ_passed log(1 − r(i|c))</c>, weights = softmax(L).
/// </summary>
/// <remarks>
/// With q(i|c) = (n_ci + m q_i) ∕ (E_c + m), where n_ci are the events of item i in cluster c, E_c those of the cluster and m events of average taste, log q(i|c) is log q_i, which all clusters
/// share, plus <c>log m − log(E_c + m)</c>, the offset of the cluster, plus <c>log(1 + n_ci ∕ (m q_i))</c>, which is 0 but where the cluster touched the item: so lists hold all of it.
/// </remarks>
public sealed class ClusterPosterior
{
    /// <summary>σ where nothing was measured: better than less in simulated sessions of two data sets.</summary>
    public const float DefaultSkipWeight = 1f;

    /// <summary>Where all that a cluster's users touch is listed, s_c is 0, and something else still has to be likely.</summary>
    private const float LeastScale = 1e-3f;

    private readonly float[] _offsets;
    private readonly SkipEvidence? _skips;

    /// <param name="profiles">The clusters, with the tables of context.</param>
    /// <param name="clicks">Items × clusters: log(1 + n_ci ∕ (m q_i)) where it is not 0; null where events say nothing.</param>
    /// <param name="clickOffsets">Per cluster log m − log(E_c + m); null where <paramref name="clicks"/> is.</param>
    /// <param name="clickWeight">τ: how much each event says; at least 0.</param>
    /// <param name="contextWeight">w: how much context says; at least 0.</param>
    /// <param name="popularity">p_i, as the profiles were made with; null where items that were passed over say nothing.</param>
    /// <param name="skipWeight">σ: how much each item says that was shown and passed over; at least 0.</param>
    /// <exception cref="ArgumentException">The numbers do not fit together.</exception>
    public ClusterPosterior(
        ClusterProfiles profiles, WeightedLists? clicks = null, ReadOnlySpan<float> clickOffsets = default, float clickWeight = 0.5f, float contextWeight = 1f,
        Popularity? popularity = null, float skipWeight = DefaultSkipWeight)
        : this(profiles, clicks, clickOffsets, clickWeight, contextWeight, popularity is null ? null : new SkipEvidence(profiles, popularity), skipWeight)
    {
    }

    private ClusterPosterior(
        ClusterProfiles profiles, WeightedLists? clicks, ReadOnlySpan<float> clickOffsets, float clickWeight, float contextWeight, SkipEvidence? skips, float skipWeight)
    {
        if (clicks is not null && clicks.ColumnCount != profiles.Count)
            throw new ArgumentException($"Clicks are told for {clicks.ColumnCount} clusters of {profiles.Count}.", nameof(clicks));
        if (clickOffsets.Length != (clicks is null ? 0 : profiles.Count) || (clicks is not null && !TensorPrimitives.IsFiniteAll(clickOffsets)))
            throw new ArgumentException($"{clickOffsets.Length} offsets for {(clicks is null ? 0 : profiles.Count)} clusters; one each is needed, finite.", nameof(clickOffsets));
        if (!(clickWeight >= 0 && contextWeight >= 0 && skipWeight >= 0 && float.IsFinite(clickWeight + contextWeight + skipWeight)))
            throw new ArgumentException("Weights of clicks, context and skips are finite and at least 0.", nameof(clickWeight));
        (Profiles, Clicks, _offsets, ClickWeight, ContextWeight, SkipWeight) = (profiles, clicks, clickOffsets.ToArray(), clickWeight, contextWeight, skipWeight);
        _skips = skips;
    }

    /// <summary>
    /// The posterior where only the profiles are known: clicked items say log r(i|c), rates cut to 0.00001 to 0.999. Of items that a cluster does not list that is log s_c + log p_i, so the offset of a cluster is log s_c.
    /// </summary>
    /// <param name="profiles">The clusters, with the tables of context.</param>
    /// <param name="popularity">p_i, as the profiles were made with.</param>
    /// <param name="clickWeight">τ.</param>
    /// <param name="skipWeight">σ.</param>
    public static ClusterPosterior OfRates(ClusterProfiles profiles, Popularity popularity, float clickWeight = 1f, float skipWeight = 1f)
    {
        float[] offsets = new float[profiles.Count];
        var columns = new List<(int Row, int Cluster, float Weight)>();
        for (int c = 0; c < profiles.Count; c++)
        {
            offsets[c] = MathF.Log(MathF.Max(profiles[c].RestScale, LeastScale));
            foreach (ScoredRow listed in profiles[c].Top.Span)
                columns.Add((listed.Row, c, MathF.Log(SkipEvidence.Clip(listed.Rate)) - offsets[c] - MathF.Log(SkipEvidence.Clip(popularity.RateOf(listed.Row)))));
        }

        return new ClusterPosterior(profiles, SkipEvidence.ByRow(columns, popularity.Ranked.Length, profiles.Count), offsets, clickWeight, 1f, popularity, skipWeight);
    }

    /// <summary>The clusters.</summary>
    public ClusterProfiles Profiles { get; }

    /// <summary>Items × clusters; null where events say nothing.</summary>
    public WeightedLists? Clicks { get; }

    /// <summary>One per cluster; empty without <see cref="Clicks"/>.</summary>
    public ReadOnlySpan<float> ClickOffsets => _offsets;

    /// <summary>τ.</summary>
    public float ClickWeight { get; }

    /// <summary>How much context says.</summary>
    public float ContextWeight { get; }

    /// <summary>σ.</summary>
    public float SkipWeight { get; }

    /// <summary>Whether items that were passed over say anything.</summary>
    internal bool ReadsSkips => _skips is not null && SkipWeight > 0;

    /// <summary>Number of clusters.</summary>
    public int Count => Profiles.Count;

    /// <summary>Writes what the context says of each cluster: w · Σ_f t_f,v(c).</summary>
    /// <param name="features">Context of the user.</param>
    /// <param name="lifts">Receives <see cref="Count"/> numbers.</param>
    /// <returns>Whether context spoke.</returns>
    public bool TellContext(FeatureSet features, Span<float> lifts)
    {
        lifts.Clear();
        return Profiles.AddLifts(features, ContextWeight, lifts) > 0;
    }

    /// <summary>The same clusters, read in another way.</summary>
    /// <param name="clickWeight">τ.</param>
    /// <param name="skipWeight">σ.</param>
    public ClusterPosterior With(float clickWeight, float skipWeight) => new(Profiles, Clicks, _offsets, clickWeight, ContextWeight, _skips, skipWeight);

    /// <inheritdoc cref="Weigh(FeatureSet, ReadOnlySpan{float}, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{float}, Span{float})"/>
    public bool Weigh(FeatureSet features, ReadOnlySpan<int> history, Span<float> weights) => Weigh(features, default, history, default, default, weights);

    /// <summary>Writes the weight of each cluster; they sum to 1.</summary>
    /// <param name="features">Context of the user.</param>
    /// <param name="remembered">What context said of each cluster when it was there (<see cref="TellContext"/>), for users of whom it is not known now; empty for none.</param>
    /// <param name="history">Distinct rows that the user touched, in any order.</param>
    /// <param name="passed">Distinct rows that the user was shown and passed over, none of them in <paramref name="history"/>.</param>
    /// <param name="strengths">How much each of them counts, 0 to 1; empty where all count 1.</param>
    /// <param name="weights">Receives <see cref="Count"/> weights.</param>
    /// <returns>Whether anything spoke; otherwise the weights are the prior alone.</returns>
    public bool Weigh(
        FeatureSet features, ReadOnlySpan<float> remembered, ReadOnlySpan<int> history, ReadOnlySpan<int> passed, ReadOnlySpan<float> strengths, Span<float> weights)
    {
        bool spoke = Profiles.AddContext(features, ContextWeight, weights) > 0;
        if (!spoke && remembered.Length == weights.Length)
        {
            TensorPrimitives.Add(weights, remembered, weights);
            spoke = true;
        }

        if (Clicks is not null && ClickWeight > 0)
        {
            foreach (int row in history)
                Clicks.AddTo(row, ClickWeight, weights);
            if (!history.IsEmpty)
                TensorPrimitives.MultiplyAdd(_offsets, ClickWeight * history.Length, weights, weights);
            spoke |= !history.IsEmpty;
        }

        if (ReadsSkips && !passed.IsEmpty)
        {
            _skips!.AddTo(passed, strengths, SkipWeight, weights);
            spoke = true;
        }

        TensorPrimitives.Subtract(weights, TensorPrimitives.Max<float>(weights), weights);
        TensorPrimitives.Exp<float>(weights, weights);
        TensorPrimitives.Divide(weights, TensorPrimitives.Sum<float>(weights), weights);
        return spoke;
    }
}
