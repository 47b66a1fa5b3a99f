using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Manifests;

/// <summary>How the history of a user becomes the columns of all history inputs of a tower.</summary>
public sealed record HistoryManifest
{
    /// <summary>Most items that the tower is given, 1 to 10,000.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Which items stay when there are more: "latest" (the default) or "first".</summary>
    public string? Keep { get; init; }

    /// <summary>Order of the columns: "oldest_first" (the default) or "latest_first".</summary>
    public string? Order { get; init; }

    /// <summary>Where the padding goes: "right" (the default) or "left".</summary>
    public string? PadSide { get; init; }

    /// <summary>
    /// How many columns a batch gets: "longest" (the default), about as many as its longest history needs, for models whose answer does not depend on padding; or
    /// "max_length", always as many, for those that were exported for one length.
    /// </summary>
    public string? PadTo { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }
}
