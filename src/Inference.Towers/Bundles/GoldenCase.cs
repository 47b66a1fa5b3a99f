using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Recommendations.Features;

namespace Inference.Towers.Bundles;

/// <summary>One user and what the exporter saw.</summary>
public sealed record GoldenCase
{
    /// <summary>Features of the user.</summary>
    public IReadOnlyDictionary<string, FeatureValue>? Features { get; init; }

    /// <summary>Ids of the items of the history, latest last.</summary>
    public IReadOnlyList<string>? History { get; init; }

    /// <summary>The expected embedding; dimension numbers. Null: only the list is checked.</summary>
    public IReadOnlyList<float>? Embedding { get; init; }

    /// <summary>Ids of the best items of the catalogue without the history, best first. Null: only the embedding is checked.</summary>
    public IReadOnlyList<string>? Top { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
