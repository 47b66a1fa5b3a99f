using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Encoders;

/// <summary>A token made of the first characters of the item's id, as they are: groups of articles often share them.</summary>
public sealed record PrefixTokenSpec
{
    /// <summary>Longest that text and characters may be together.</summary>
    internal const int MaxLength = 64;

    /// <summary>What the token begins with, so that it differs from words; empty when absent.</summary>
    public string? Text { get; init; }

    /// <summary>How many characters of the item's id follow. Required.</summary>
    public int? ItemIdCharacters { get; init; }

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }

    internal void Check(SpecCheck check)
    {
        if (check.OfUsers)
            check.Error("'prefix' is made of the item's id, which a user has not.");
        if (ItemIdCharacters is null)
            check.Error("'prefix.item_id_characters' is missing.");
        check.InRange(ItemIdCharacters, "prefix.item_id_characters", 1, MaxLength / 2);
        check.InRange(Text?.Length, "prefix.text", 0, MaxLength / 2);
    }
}
