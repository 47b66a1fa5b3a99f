using System.Numerics.Tensors;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Fusion;

/// <summary>
/// What items say of the clusters that were shown and passed over: log(1 − r(i|c)), rates cut to 0.00001 to 0.999.
/// <list type="number">
/// <item>Of items that a cluster does not list r(i|c) = s_c p_i is small, so log(1 − r) is −s_c p_i − s_c² p_i² ∕ 2: two sums over the items, then two passes over the clusters.</item>
/// <item>Where a cluster lists an item, or its rate is too large for that, a list of the item holds the difference.</item>
/// </list>
/// So an item costs as much as there are clusters that list it. Immutable.
/// </summary>
internal sealed class SkipEvidence
{
    private const float LowestRate = 1e-5f, HighestRate = 0.999f;

    /// <summary>Differences below this are left out.</summary>
    private const float Negligible = 1e-4f;

    private readonly Popularity _popularity;
    private readonly float[] _scales;
    private readonly float[] _halfSquares;
    private readonly WeightedLists _lists;

    /// <param name="profiles">The clusters.</param>
    /// <param name="popularity">p_i, as the profiles were made with.</param>
    public SkipEvidence(ClusterProfiles profiles, Popularity popularity)
    {
        _popularity = popularity;
        _scales = new float[profiles.Count];
        _halfSquares = new float[profiles.Count];
        for (int c = 0; c < profiles.Count; c++)
            (_scales[c], _halfSquares[c]) = (profiles[c].RestScale, profiles[c].RestScale * profiles[c].RestScale / 2);
        _lists = Differences(profiles);
    }

    /// <summary>logWeights[c] += weight · Σ_i strength_i · log(1 − r(i|c)).</summary>
    /// <param name="rows">The items; rows that popularity does not know say nothing.</param>
    /// <param name="strengths">One per item, or empty for 1 each.</param>
    /// <param name="weight">What all are multiplied with.</param>
    /// <param name="logWeights">One place per cluster.</param>
    public void AddTo(ReadOnlySpan<int> rows, ReadOnlySpan<float> strengths, float weight, Span<float> logWeights)
    {
        float sum = 0, squares = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            if ((uint)row >= (uint)_lists.RowCount)
                continue;
            float strength = strengths.IsEmpty ? weight : weight * strengths[i];
            float share = _popularity.RateOf(row);
            sum += strength * share;
            squares += strength * share * share;
            _lists.AddTo(row, strength, logWeights);
        }

        if (sum == 0)
            return;
        TensorPrimitives.MultiplyAdd(_scales, -sum, logWeights, logWeights);
        TensorPrimitives.MultiplyAdd(_halfSquares, -squares, logWeights, logWeights);
    }

    /// <summary>A rate whose logarithm, and that of its rest, says something but not all.</summary>
    internal static float Clip(float rate) => Math.Clamp(rate, LowestRate, HighestRate);

    private static float LogOfNone(float rate) => MathF.Log(1f - Clip(rate));

    private float Approximately(int cluster, float share) => (-_scales[cluster] * share) - (_halfSquares[cluster] * share * share);

    private WeightedLists Differences(ClusterProfiles profiles)
    {
        int items = _popularity.Ranked.Length;
        var found = new List<(int Row, int Cluster, float Weight)>();
        var areListed = new HashSet<(int Row, int Cluster)>();
        for (int c = 0; c < profiles.Count; c++)
        {
            foreach (ScoredRow listed in profiles[c].Top.Span)
            {
                if (areListed.Add((listed.Row, c)))
                    found.Add((listed.Row, c, LogOfNone(listed.Rate) - Approximately(c, _popularity.RateOf(listed.Row))));
            }
        }

        // The head of popularity, as far as any unlisted rate is large.
        float largest = TensorPrimitives.Max<float>(_scales);
        foreach (ScoredRow popular in _popularity.Ranked)
        {
            if (MathF.Abs(LogOfNone(largest * popular.Rate) + (largest * popular.Rate) + (largest * largest * popular.Rate * popular.Rate / 2)) <= Negligible)
                break;
            for (int c = 0; c < profiles.Count; c++)
            {
                if (!areListed.Contains((popular.Row, c)))
                    found.Add((popular.Row, c, LogOfNone(_scales[c] * popular.Rate) - Approximately(c, popular.Rate)));
            }
        }

        return ByRow(found, items, profiles.Count);
    }

    /// <summary>Lists by item of what was found in any order.</summary>
    internal static WeightedLists ByRow(List<(int Row, int Cluster, float Weight)> found, int rows, int clusters)
    {
        int[] offsets = new int[rows + 1];
        foreach ((int row, _, _) in found)
            offsets[row + 1]++;
        for (int row = 0; row < rows; row++)
            offsets[row + 1] += offsets[row];
        int[] columns = new int[found.Count], next = offsets[..^1];
        float[] weights = new float[found.Count];
        foreach ((int row, int cluster, float weight) in found)
        {
            columns[next[row]] = cluster;
            weights[next[row]++] = weight;
        }

        for (int row = 0; row < rows; row++)
            columns.AsSpan(offsets[row]..offsets[row + 1]).Sort(weights.AsSpan(offsets[row]..offsets[row + 1]));
        return new WeightedLists(offsets, columns, weights, clusters);
    }
}
