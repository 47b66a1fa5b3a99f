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
    /// <param name="newItems">What they count for new items, one weight per source; null for nothing.</param>
    public static FusionModel Of(IReadOnlyList<ScoreSource> sources, IReadOnlyList<(int Events, IReadOnlyDictionary<string, float> Weights)> points, NewItemWeights? newItems = null)
    {
        FusionModel model = Borrow(sources, points, newItems);
        foreach (ScoreSource left in sources.Except(model.Sources))
            left.Dispose();
        return model;
    }

    /// <summary>The same model, of sources that stay the caller's: it is not to be disposed.</summary>
    /// <inheritdoc cref="Of" path="/param"/>
    public static FusionModel Borrow(IReadOnlyList<ScoreSource> sources, IReadOnlyList<(int Events, IReadOnlyDictionary<string, float> Weights)> points, NewItemWeights? newItems = null)
    {
        Dictionary<ScoreSource, float> ofNew = [];
        for (int i = 0; i < sources.Count && newItems is not null; i++)
            ofNew[sources[i]] = newItems.Weights[i];
        float Strength(ScoreSource source) => points.Sum(point => Math.Abs(point.Weights.GetValueOrDefault(source.Name))) + Math.Abs(ofNew.GetValueOrDefault(source));
        ScoreSource[] counting = points.Count == 0 ? [.. sources] : [.. sources.Where(source => ofNew.GetValueOrDefault(source) != 0f || points.Any(point => point.Weights.ContainsKey(source.Name)))];
        HashSet<ScoreSource> tooMany = [.. Enumerable.Reverse(counting).OrderBy(source => source is not ContextSource).ThenBy(Strength).Take(counting.Length - FusionModel.MaxSources)];
        ScoreSource[] kept = [.. counting.Where(source => !tooMany.Contains(source))];
        if (points.Count == 0)
            return new FusionModel(kept);
        float[] weights = [.. kept.Select(source => ofNew.GetValueOrDefault(source))];
        return new FusionModel(
            kept,
            new FusionWeights([.. points.Select(point => new FusionWeightPoint(point.Events, WeightsOf(kept, point.Weights, tooMany.Count > 0)))]),
            newItems is null || weights.All(weight => weight == 0f) ? null : new NewItemWeights(newItems.FirstRow, newItems.Level, weights));
    }

    private static float[] WeightsOf(ScoreSource[] kept, IReadOnlyDictionary<string, float> named, bool isCut)
    {
        float[] weights = Array.ConvertAll(kept, source => named.GetValueOrDefault(source.Name));
        float sum = weights.Sum(Math.Abs);
        return isCut && sum > 0 ? Array.ConvertAll(weights, weight => weight / sum) : weights;
    }
}
