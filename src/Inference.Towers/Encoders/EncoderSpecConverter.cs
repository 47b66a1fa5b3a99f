using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Inference.Towers.Manifests;

namespace Inference.Towers.Encoders;

/// <summary>Reads and writes encoders by their "type". One that cannot be read becomes an <see cref="InvalidSpec"/> instead of ending the whole manifest.</summary>
internal sealed class EncoderSpecConverter : JsonConverter<EncoderSpec>
{
    private const string TypeField = "type";

    /// <summary>Every encoder of the format, by its name in manifests.</summary>
    private static readonly (string Name, Type Type, JsonTypeInfo Json)[] Encoders =
    [
        ("history_ids", typeof(HistoryIdsSpec), EncoderJson.Default.HistoryIdsSpec),
        ("history_mask", typeof(HistoryMaskSpec), EncoderJson.Default.HistoryMaskSpec),
        ("history_length", typeof(HistoryLengthSpec), EncoderJson.Default.HistoryLengthSpec),
        ("item_id", typeof(ItemIdSpec), EncoderJson.Default.ItemIdSpec),
        ("vocabulary", typeof(VocabularySpec), EncoderJson.Default.VocabularySpec),
        ("integer", typeof(IntegerSpec), EncoderJson.Default.IntegerSpec),
        ("number", typeof(NumberSpec), EncoderJson.Default.NumberSpec),
        ("buckets", typeof(BucketsSpec), EncoderJson.Default.BucketsSpec),
        ("multi_hot", typeof(MultiHotSpec), EncoderJson.Default.MultiHotSpec),
        ("hashed_tokens", typeof(HashedTokensSpec), EncoderJson.Default.HashedTokensSpec),
        ("integer_list", typeof(IntegerListSpec), EncoderJson.Default.IntegerListSpec),
        ("number_list", typeof(NumberListSpec), EncoderJson.Default.NumberListSpec),
        ("columns", typeof(ColumnsSpec), EncoderJson.Default.ColumnsSpec),
        ("constant", typeof(ConstantSpec), EncoderJson.Default.ConstantSpec),
        ("cross", typeof(CrossSpec), EncoderJson.Default.CrossSpec),
        ("age", typeof(AgeSpec), EncoderJson.Default.AgeSpec),
    ];

    /// <summary>Names of all encoders.</summary>
    public static IEnumerable<string> Names => Encoders.Select(encoder => encoder.Name);

    /// <summary>Shapes of all encoders.</summary>
    public static IEnumerable<JsonTypeInfo> Types => Encoders.Select(encoder => encoder.Json);

    /// <summary>The name in manifests of an encoder's specification.</summary>
    public static string NameOf(EncoderSpec spec) => Array.Find(Encoders, encoder => encoder.Type == spec.GetType()).Name ?? spec.GetType().Name;

    public override EncoderSpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        JsonElement element = document.RootElement;
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(TypeField, out JsonElement type) || type.ValueKind != JsonValueKind.String)
            return new InvalidSpec($"must be an object with a '{TypeField}': {NameList()}.");
        string name = type.GetString()!;
        (string Name, Type Type, JsonTypeInfo Json) encoder = Array.Find(Encoders, candidate => candidate.Name == name);
        if (encoder.Json is null)
            return new InvalidSpec($"unknown type '{name}'; it can be {NameList()}.");
        try
        {
            var spec = (EncoderSpec)element.Deserialize(encoder.Json)!;
            spec.UnknownFields?.Remove(TypeField);
            return spec;
        }
        catch (JsonException e)
        {
            return new InvalidSpec($"'{name}' has a value of the wrong kind at {e.Path}.");
        }
    }

    public override void Write(Utf8JsonWriter writer, EncoderSpec value, JsonSerializerOptions options)
    {
        (string Name, Type Type, JsonTypeInfo Json) encoder = Array.Find(Encoders, candidate => candidate.Type == value.GetType());
        if (encoder.Json is null)
            throw new JsonException($"{value.GetType().Name} is no encoder of the format.");
        writer.WriteStartObject();
        writer.WriteString(TypeField, encoder.Name);
        foreach (JsonProperty property in JsonSerializer.SerializeToElement(value, encoder.Json).EnumerateObject())
            property.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static string NameList() => string.Join(", ", Names.Select(name => $"'{name}'"));
}
