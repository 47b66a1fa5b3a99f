using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Manifests;

/// <summary>What a file of the bundle must be.</summary>
public sealed record FileManifest
{
    /// <summary>SHA-256 of the content, 64 hexadecimal digits.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Length in bytes.</summary>
    public long? Bytes { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
