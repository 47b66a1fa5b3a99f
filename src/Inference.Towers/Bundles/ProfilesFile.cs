using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Bundles;

/// <summary>The content of profiles.json.</summary>
internal sealed record ProfilesFile
{
    /// <summary>The clusters.</summary>
    public IReadOnlyList<ClusterEntry>? Clusters { get; init; }

    /// <summary>By context feature, by its value: one number per cluster, log P(c | value) − log P(c).</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, float[]>>? Context { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
