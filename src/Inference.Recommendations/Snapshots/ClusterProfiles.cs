using Inference.Recommendations.Features;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// Clusters of training users as a prior for users without history.
/// <list type="number">
/// <item>weight: w = softmax over clusters c of log π_c + Σ_f t_f,v(c), with π_c = (n_c + 1) / (N + K)</item>
/// <item>score of item i: Σ_c w_c r(i|c)</item>
/// </list>
/// </summary>
public sealed class ClusterProfiles
{
    /// <summary>Clusters of fewer users are named to nobody.</summary>
    public const int FewestUsersNamed = 50;

    private readonly ClusterProfile[] _profiles;
    private readonly ContextTable[] _tables;
    private readonly float[] _logPrior;

    /// <exception cref="ArgumentException">There is no profile, or a context table has another number of clusters.</exception>
    public ClusterProfiles(IReadOnlyList<ClusterProfile> profiles, IReadOnlyList<ContextTable> tables)
    {
        if (profiles.Count == 0)
            throw new ArgumentException("At least one profile is needed.", nameof(profiles));
        foreach (ContextTable table in tables)
        {
            foreach ((string value, float[] lift) in table.LogLift)
            {
                if (lift.Length != profiles.Count)
                    throw new ArgumentException($"Context '{table.Feature}' = '{value}' has {lift.Length} numbers for {profiles.Count} profiles.", nameof(tables));
            }
        }

        _profiles = [.. profiles];
        _tables = [.. tables];
        ContextFeatures = [.. tables.Select(table => table.Feature)];
        Users = profiles.Sum(profile => (long)profile.Users);
        _logPrior = [.. profiles.Select(profile => MathF.Log((profile.Users + 1f) / (Users + profiles.Count)))];
    }

    public int Count => _profiles.Length;

    /// <summary>How many training users the profiles were made of.</summary>
    public long Users { get; }

    public ClusterProfile this[int cluster] => _profiles[cluster];

    /// <summary>What people may call a cluster; empty for one of so few users that its name would speak of them.</summary>
    public string LabelOf(int cluster) => _profiles[cluster].Users < FewestUsersNamed ? "" : _profiles[cluster].Label;

    /// <summary>How the values of each context feature speak for or against the profiles.</summary>
    public IReadOnlyList<ContextTable> Contexts => _tables;

    /// <summary>The context features that choose among the profiles.</summary>
    public IReadOnlyList<string> ContextFeatures { get; }

    /// <summary>Writes the weight of each cluster given the context; they sum to 1.</summary>
    /// <param name="context">Features of the request or the user.</param>
    /// <param name="weights">Receives <see cref="Count"/> weights.</param>
    /// <returns>How many context features spoke; 0 means that the weights are the prior alone.</returns>
    public int Weigh(FeatureSet context, Span<float> weights)
    {
        int spoke = AddContext(context, 1f, weights);
        float max = float.NegativeInfinity, sum = 0;
        foreach (float weight in weights)
            max = MathF.Max(max, weight);
        for (int c = 0; c < weights.Length; c++)
            sum += weights[c] = MathF.Exp(weights[c] - max);
        for (int c = 0; c < weights.Length; c++)
            weights[c] /= sum;
        return spoke;
    }

    /// <summary>Writes log π_c + weight · Σ_f t_f,v(c), which is not normalised.</summary>
    /// <returns>How many context features spoke.</returns>
    internal int AddContext(FeatureSet context, float weight, Span<float> logWeights)
    {
        _logPrior.CopyTo(logWeights);
        return AddLifts(context, weight, logWeights);
    }

    /// <summary>Adds weight · Σ_f t_f,v(c).</summary>
    /// <returns>How many context features spoke.</returns>
    internal int AddLifts(FeatureSet context, float weight, Span<float> logWeights)
    {
        int spoke = 0;
        foreach (ContextTable table in _tables)
        {
            if (context.TryGet(table.Feature, out FeatureValue value) && value.AsCategory() is { } category
                && table.LogLift.TryGetValue(category, out float[]? lift))
            {
                spoke++;
                for (int c = 0; c < logWeights.Length; c++)
                    logWeights[c] += weight * lift[c];
            }
        }

        return spoke;
    }
}
