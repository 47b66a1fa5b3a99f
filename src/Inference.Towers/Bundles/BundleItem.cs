using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Recommendations.Features;

namespace Inference.Towers.Bundles;

/// <summary>One item of the catalogue: a line of items.jsonl.</summary>
public sealed record BundleItem
{
    /// <summary>Id by which callers know the item; not empty, unique in the bundle.</summary>
    public required string Id { get; init; }

    /// <summary>Title for people.</summary>
    public string? Title { get; init; }

    /// <summary>The model's id of the item, where the towers' ids are neither row numbers nor row numbers with an offset.</summary>
    public long? IdInput { get; init; }

    /// <summary>What the item tower reads.</summary>
    public IReadOnlyDictionary<string, FeatureValue>? Features { get; init; }

    /// <summary>What filters and explanations read; the towers do not see it.</summary>
    public IReadOnlyDictionary<string, FeatureValue>? Attributes { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
