using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Bundles;

/// <summary>One cluster.</summary>
internal sealed record ClusterEntry
{
    /// <summary>Name for people.</summary>
    public string? Label { get; init; }

    /// <summary>How many training users it has.</summary>
    public int? Users { get; init; }

    /// <summary>Mean direction of its users' embeddings.</summary>
    public float[]? Centroid { get; init; }

    /// <summary>What the popularity of items that are not listed is multiplied with to give their rate.</summary>
    public float? RestScale { get; init; }

    /// <summary>Ids of its items with the highest rate, highest first.</summary>
    public IReadOnlyList<string>? TopItems { get; init; }

    /// <summary>Their rates.</summary>
    public float[]? TopRates { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
