using Inference.Recommendations.Fusion;

namespace Inference.Training.Fused;

/// <summary>
/// The weights that are believed before the validation part has said anything: g = n ∕ (n + 5) for what goes by the history, in equal parts for sources of different kinds, 1 − g for what goes by context. A user's first
/// clicks are few words; with five of them history and context count alike.
/// </summary>
internal static class FusionPrior
{
    private const double HalfWay = 5;

    /// <summary>What each context feature's log-ratios count beside the sources that go by context: less than 1, because features are not independent.</summary>
    private const float ContextWeight = 0.25f;

    /// <summary>Sources of the first clicks, and how they share what history counts.</summary>
    private static readonly Dictionary<string, float> FirstClicks = new(StringComparer.Ordinal) { ["ease_fading"] = 1, ["item_knn"] = 1, [UserNeighbours.Name] = 1, ["rules_fading"] = 1, ["sequences"] = 1, ["ials_prior"] = 1, ["tower"] = 2 };

    /// <summary>Sources of users who come back.</summary>
    private static readonly Dictionary<string, float> LongHistories = new(StringComparer.Ordinal) { ["ease_warm"] = 2, ["ials"] = 1, ["item_knn"] = 1, [UserNeighbours.Name] = 1, ["rules_fading"] = 0.5f, ["tower"] = 1, ["content"] = 0.25f };

    private static readonly Dictionary<string, float> Contexts = new(StringComparer.Ordinal) { ["tower_context"] = 1, ["clusters"] = 1 };

    /// <summary>Sources that place new items: factors from content by ridge say most, in what was measured on several data sets; likeness of content and the item tower add to them.</summary>
    private static readonly Dictionary<string, float> NewItems = new(StringComparer.Ordinal) { ["ials"] = 4, ["tower"] = 2, ["content"] = 1 };

    /// <summary>For new items; absolute values sum to 1. Without any of the expected sources, all that speak count alike.</summary>
    /// <param name="sources">The sources.</param>
    /// <param name="speaks">By source, whether it tells new items apart; one at least does.</param>
    public static float[] OfNewItems(IReadOnlyList<ScoreSource> sources, bool[] speaks)
    {
        float[] weights = [.. sources.Select((source, i) => speaks[i] ? NewItems.GetValueOrDefault(source.Name) : 0)];
        if (weights.Sum() <= 0)
            weights = [.. speaks.Select(spoke => spoke ? 1f : 0f)];
        float sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    /// <summary>For a number of known events; absolute values sum to 1.</summary>
    public static float[] Of(IReadOnlyList<ScoreSource> sources, int events, bool isWarm)
    {
        float share = (float)(events / (events + HalfWay));
        float[] weights = new float[sources.Count];
        Add(sources, isWarm ? LongHistories : FirstClicks, share, weights);
        Add(sources, Contexts, 1 - share, weights);
        for (int source = 0; source < weights.Length; source++)
        {
            if (sources[source] is ContextSource)
                weights[source] += (1 - share) * ContextWeight;
        }

        float sum = weights.Sum();
        // Without any of these sources, popularity, which is always there.
        if (sum <= 0)
            weights[0] = sum = 1;
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    private static void Add(IReadOnlyList<ScoreSource> sources, Dictionary<string, float> parts, float share, float[] weights)
    {
        float all = sources.Sum(source => parts.GetValueOrDefault(source.Name));
        for (int source = 0; source < weights.Length && all > 0; source++)
            weights[source] += share * parts.GetValueOrDefault(sources[source].Name) / all;
    }
}
