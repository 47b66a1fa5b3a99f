using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>
/// Reads lines of items straight into the catalogue's own form: a million items leave a million ids behind and hardly anything else.
/// <list type="number">
/// <item>the short way reads a line with <see cref="Utf8JsonReader"/> and writes what it finds</item>
/// <item>where it meets anything unusual, wrong or not, it drops what it wrote and the serializer reads the line: one place finds the words for faults</item>
/// </list>
/// </summary>
internal sealed class ItemLines(ItemContents contents)
{
    private readonly ItemContentWriter _writer = contents.NewWriter();
    private readonly List<int> _names = [];
    private char[] _characters = new char[1024];

    /// <summary>Reads a line; its content is added by <see cref="Add"/>.</summary>
    /// <param name="utf8">One JSON object.</param>
    /// <param name="unknown">Receives the names of fields that the format does not know.</param>
    /// <exception cref="JsonException">It is no JSON of an item.</exception>
    /// <exception cref="InvalidDataException">It is null.</exception>
    public (string? Id, long? IdInput) Read(ReadOnlySpan<byte> utf8, Action<string> unknown)
    {
        try
        {
            _writer.Begin();
            if (TryRead(utf8, out string? id, out long? idInput))
                return (id, idInput);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or no characters: the serializer says so.
        }

        BundleItem item = JsonFile.Parse(utf8, BundleLines.Json.BundleItem);
        foreach (string name in item.UnknownFields?.Keys ?? [])
            unknown(name);
        _writer.Put(new ItemContent(item.Title, WithoutEmpty(item.Features), WithoutEmpty(item.Attributes)));
        return (item.Id, item.IdInput);
    }

    /// <summary>Adds what was read as the next row.</summary>
    public void Add() => contents.Add(_writer);

    /// <summary>Null and empty lists say nothing; leaving them out makes them missing everywhere.</summary>
    public static IReadOnlyDictionary<string, FeatureValue> WithoutEmpty(IReadOnlyDictionary<string, FeatureValue>? features)
    {
        if (features is null)
            return FeatureSet.None;
        return features.Values.All(value => value.Kind != FeatureKind.None) ? features : features.Where(pair => pair.Value.Kind != FeatureKind.None).ToDictionary(StringComparer.Ordinal);
    }

    private bool TryRead(ReadOnlySpan<byte> utf8, out string? id, out long? idInput)
    {
        id = null;
        idInput = null;
        var reader = new Utf8JsonReader(utf8, LineReading.Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.ReadName())
        {
            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                    return false;
                id = reader.Characters(ref _characters).ToString();
            }
            else if (reader.ValueTextEquals("title"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                    return false;
                _writer.Title(reader.Characters(ref _characters));
            }
            else if (reader.ValueTextEquals("features"u8))
            {
                if (!TryReadSection(ref reader))
                    return false;
                _writer.EndFeatures();
            }
            else if (reader.ValueTextEquals("attributes"u8))
            {
                if (!TryReadSection(ref reader))
                    return false;
                _writer.EndAttributes();
            }
            else if (reader.ValueTextEquals("id_input"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Number || !reader.TryReadWhole(out long input))
                    return false;
                idInput = input;
            }
            else
            {
                return false;
            }
        }

        return reader.TokenType == JsonTokenType.EndObject && !reader.Read() && id is not null;
    }

    private bool TryReadSection(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        _writer.BeginSection();
        _names.Clear();
        while (reader.ReadName())
        {
            ReadOnlySpan<char> name = reader.Characters(ref _characters);
            // The same name twice would be written twice. Two names with one hash take the long way too, and that is all.
            int hash = string.GetHashCode(name);
            if (_names.Contains(hash))
                return false;
            _names.Add(hash);
            Utf8JsonReader ahead = reader;
            ahead.Read();
            if (ahead.TokenType is not (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.StartArray))
                return false;
            _writer.Name(name);
            if (!TryReadValue(ref reader))
                return false;
        }

        return reader.TokenType == JsonTokenType.EndObject;
    }

    private bool TryReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                _writer.Text(reader.Characters(ref _characters));
                return true;
            case JsonTokenType.Number when reader.TryReadWhole(out long whole):
                _writer.Integer(whole);
                return true;
            case JsonTokenType.Number when reader.TryReadFinite(out double real):
                _writer.Number(real);
                return true;
            case JsonTokenType.StartArray:
                return TryReadList(ref reader);
            default:
                return false;
        }
    }

    /// <summary>Lists are looked through first: a real number anywhere makes them lists of real numbers, and their length comes first.</summary>
    private bool TryReadList(ref Utf8JsonReader reader)
    {
        int texts = 0, wholes = 0, reals = 0;
        for (Utf8JsonReader ahead = reader; ahead.Read() && ahead.TokenType != JsonTokenType.EndArray;)
        {
            if (ahead.TokenType == JsonTokenType.String)
                texts++;
            else if (ahead.TokenType == JsonTokenType.Number && ahead.TryReadWhole(out _))
                wholes++;
            else if (ahead.TokenType == JsonTokenType.Number && ahead.TryReadFinite(out _))
                reals++;
            else
                return false;
        }

        int count = texts + wholes + reals;
        if (count == 0 || (texts > 0 && texts < count))
            return false;
        FeatureKind kind = texts > 0 ? FeatureKind.TextList : reals > 0 ? FeatureKind.NumberList : FeatureKind.IntegerList;
        _writer.BeginList(kind, count);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (kind == FeatureKind.TextList)
                _writer.Element(reader.Characters(ref _characters));
            else if (kind == FeatureKind.IntegerList)
                _writer.Element(reader.GetInt64());
            else
                _writer.Element(reader.GetDouble());
        }

        return true;
    }
}
