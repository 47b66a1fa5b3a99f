using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Bundles;

/// <summary>The content of golden.json: what the exporter saw the towers answer. A bundle that answers otherwise here is refused.</summary>
public sealed record GoldenFile
{
    /// <summary>Largest allowed difference of a component of an embedding; 1e-4 when absent.</summary>
    public double? Tolerance { get; init; }

    /// <summary>The cases.</summary>
    public IReadOnlyList<GoldenCase>? Cases { get; init; }

    /// <summary>What the exporter saw the ranking model answer; null where there is none, or nobody knows.</summary>
    public IReadOnlyList<RankerCase>? Ranker { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
