using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Manifests;

/// <summary>One ONNX model and how its inputs are fed.</summary>
public sealed record TowerManifest
{
    /// <summary>File of the model.</summary>
    public string? File { get; init; }

    /// <summary>The output that is the embedding, [batch, dimension]; may be absent when the graph has only one.</summary>
    public string? Output { get; init; }

    /// <summary>Of ranking models whose output has several columns: which of them is the score, from 0.</summary>
    public int? Column { get; init; }

    /// <summary>Every input of the graph, by name.</summary>
    public IReadOnlyList<InputManifest>? Inputs { get; init; }

    /// <summary>How histories are cut and padded; needed when an input reads the history.</summary>
    public HistoryManifest? History { get; init; }

    /// <summary>The largest batch that the model may be given; absent for no limit of its own.</summary>
    public int? MaxBatch { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
