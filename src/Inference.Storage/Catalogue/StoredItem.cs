using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Recommendations.Features;

namespace Inference.Storage.Catalogue;

/// <summary>A kept change as JSON: the fields of a line of items.jsonl, or the mark of a deletion.</summary>
internal sealed record StoredItem
{
    /// <summary>True where the item is deleted; then there is nothing else.</summary>
    public bool? Deleted { get; init; }

    public string? Title { get; init; }

    public IReadOnlyDictionary<string, FeatureValue>? Features { get; init; }

    public IReadOnlyDictionary<string, FeatureValue>? Attributes { get; init; }
}

/// <summary>Source-generated JSON of what is kept of items.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(FeatureValueConverter)])]
[JsonSerializable(typeof(StoredItem))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class StoredItemJson : JsonSerializerContext;

/// <summary>The same with texts as they are.</summary>
internal static class StoredItems
{
    public static StoredItemJson Json { get; } = new(new JsonSerializerOptions(StoredItemJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
