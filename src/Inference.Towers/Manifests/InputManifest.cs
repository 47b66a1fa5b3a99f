using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Towers.Encoders;

namespace Inference.Towers.Manifests;

/// <summary>One input of a tower and the encoder that fills it.</summary>
public sealed record InputManifest
{
    /// <summary>Name of the graph's input.</summary>
    public string? Name { get; init; }

    /// <summary>"float32", "float16", "float64", "int64", "int32" or "bool"; checked against the graph when given, taken from it when not.</summary>
    public string? Dtype { get; init; }

    /// <summary>Dimensions with -1 for those known at run time; checked against the graph when given.</summary>
    public IReadOnlyList<long>? Shape { get; init; }

    /// <summary>What fills the input.</summary>
    public EncoderSpec? Encoder { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
