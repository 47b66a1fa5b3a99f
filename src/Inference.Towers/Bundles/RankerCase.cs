using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Recommendations.Features;

namespace Inference.Towers.Bundles;

/// <summary>One user, some candidates, and what the exporter saw the ranking model say of them.</summary>
public sealed record RankerCase
{
    /// <summary>Features of the user.</summary>
    public IReadOnlyDictionary<string, FeatureValue>? Features { get; init; }

    /// <summary>Ids of the items of the history, latest last.</summary>
    public IReadOnlyList<string>? History { get; init; }

    /// <summary>Ids of the candidates.</summary>
    public IReadOnlyList<string>? Items { get; init; }

    /// <summary>Cross features by name, a number for each candidate; those that are not named are not known.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<float?>>? Cross { get; init; }

    /// <summary>When the question was asked, in seconds since 1970; 0 when absent.</summary>
    public double? Now { get; init; }

    /// <summary>The expected scores, one for each candidate.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
