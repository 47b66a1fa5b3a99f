using Inference.Recommendations.Fusion;

namespace Inference.Training.Fused;

/// <summary>Makes the model of the sources that count, which are not more than a model holds.</summary>
internal static class KeptSources
{
    /// <summary>
    /// The sources that count at any point; without points all of them, by their ranks. Where that is more than <see cref="FusionModel.MaxSources"/>, those of context go first, the weakest (Σ |weight| over the points) before
    /// the others, the last among equals; what stays at each point is brought to the sum 1 again.
    /// </summary>
    /// <param name="sources">All; those that are not kept are disposed.</param>
    /// <param name="points">By known events, the weight of each source that counts, by name.</param>
    public static FusionModel Of(IReadOnlyList<ScoreSource> sources, IReadOnlyList<(int Events, IReadOnlyDictionary<string, float> Weights)> points)
    {
        float Strength(ScoreSource source) => points.Sum(point => Math.Abs(point.Weights.GetValueOrDefault(source.Name)));
        ScoreSource[] counting = points.Count == 0 ? [.. sources] : [.. sources.Where(source => points.Any(point => point.Weights.ContainsKey(source.Name)))];
        HashSet<ScoreSource> tooMany = [.. Enumerable.Reverse(counting).OrderBy(source => source is not ContextSource).ThenBy(Strength).Take(counting.Length - FusionModel.MaxSources)];
        ScoreSource[] kept = [.. counting.Where(source => !tooMany.Contains(source))];
        foreach (ScoreSource left in sources.Except(kept))
            left.Dispose();
        return points.Count == 0 ? new FusionModel(kept) : new FusionModel(kept, new FusionWeights([.. points.Select(point => new FusionWeightPoint(point.Events, WeightsOf(kept, point.Weights, tooMany.Count > 0)))]));
    }

    private static float[] WeightsOf(ScoreSource[] kept, IReadOnlyDictionary<string, float> named, bool isCut)
    {
        float[] weights = Array.ConvertAll(kept, source => named.GetValueOrDefault(source.Name));
        float sum = weights.Sum(Math.Abs);
        return isCut && sum > 0 ? Array.ConvertAll(weights, weight => weight / sum) : weights;
    }
}
