using Inference.Recommendations.Features;

namespace Inference.Recommendations.Snapshots;

/// <summary>What is known of an item beside its id.</summary>
/// <param name="Title">Title for people; null where the item has none.</param>
/// <param name="Features">What the item tower reads, by name.</param>
/// <param name="Attributes">What filters and explanations read, by name; the towers do not see it.</param>
public sealed record ItemContent(string? Title, IReadOnlyDictionary<string, FeatureValue> Features, IReadOnlyDictionary<string, FeatureValue> Attributes)
{
    /// <summary>An item of which nothing is known.</summary>
    public static ItemContent Empty { get; } = new(null, FeatureSet.None, FeatureSet.None);
}
