using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>A user as a line has it.</summary>
/// <param name="Id">May be anything.</param>
/// <param name="Features">Without empty ones.</param>
/// <param name="History">Item ids, "" where there is none.</param>
/// <param name="Unknown">Fields that the format does not know.</param>
internal readonly record struct UserLine(string? Id, IReadOnlyDictionary<string, FeatureValue> Features, string[] History, IEnumerable<string> Unknown);

/// <summary>
/// Reads lines of users: ids of items become the catalogue's own strings without one of their own in between, and users share names and short texts of their features. What is unusual goes
/// to the serializer, as in <see cref="ItemLines"/>.
/// </summary>
internal sealed class UserLines(ItemCatalogue items)
{
    /// <summary>Texts that are shared, and the longest: callers' inventions must not fill the memory.</summary>
    private const int MostTexts = 1 << 16, LongestText = 64;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly List<string> _history = [];
    private readonly List<KeyValuePair<string, FeatureValue>> _features = [];
    private char[] _characters = new char[1024];

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is no JSON of a user.</exception>
    /// <exception cref="InvalidDataException">It is null.</exception>
    public UserLine Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            if (TryRead(utf8, out UserLine line))
                return line;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or no characters: the serializer says so.
        }

        BundleUser user = JsonFile.Parse(utf8, BundleLines.Json.BundleUser);
        IReadOnlyList<string> history = user.History ?? [];
        var ids = new string[history.Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = string.IsNullOrEmpty(history[i]) ? "" : Shared(history[i]);
        return new UserLine(user.Id, ItemLines.WithoutEmpty(user.Features), ids, user.UnknownFields?.Keys ?? []);
    }

    private bool TryRead(ReadOnlySpan<byte> utf8, out UserLine line)
    {
        line = default;
        string? id = null;
        _history.Clear();
        _features.Clear();
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
            else if (reader.ValueTextEquals("history"u8))
            {
                if (!TryReadHistory(ref reader))
                    return false;
            }
            else if (!reader.ValueTextEquals("features"u8) || !TryReadFeatures(ref reader))
            {
                return false;
            }
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read() || id is null)
            return false;
        line = new UserLine(id, _features.Count == 0 ? FeatureSet.None : new FewFeatures(_features), [.. _history], []);
        return true;
    }

    private bool TryReadHistory(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        _history.Clear();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            _history.Add(Shared(reader.Characters(ref _characters)));
        return reader.TokenType == JsonTokenType.EndArray;
    }

    private bool TryReadFeatures(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        _features.Clear();
        while (reader.ReadName())
        {
            string name = Text(reader.Characters(ref _characters));
            foreach (KeyValuePair<string, FeatureValue> feature in _features)
            {
                if (feature.Key == name)
                    return false;
            }

            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
                _features.Add(new(name, FeatureValue.Of(Text(reader.Characters(ref _characters)))));
            else if (reader.TokenType == JsonTokenType.Number && reader.TryReadWhole(out long whole))
                _features.Add(new(name, FeatureValue.Of(whole)));
            else if (reader.TokenType == JsonTokenType.Number && reader.TryReadFinite(out double real))
                _features.Add(new(name, FeatureValue.Of(real)));
            else
                return false;
            if (_features.Count > FewFeatures.Most)
                return false;
        }

        return reader.TokenType == JsonTokenType.EndObject;
    }

    /// <summary>The catalogue's string of an item, or one of its own where the bundle has no such item.</summary>
    private string Shared(ReadOnlySpan<char> id) => items.TryGetBundleRow(id, out int row) ? items.IdOf(row) : id.ToString();

    private string Text(ReadOnlySpan<char> text)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> shared = _texts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (shared.TryGetValue(text, out string? known))
            return known;
        string own = text.ToString();
        if (own.Length <= LongestText && _texts.Count < MostTexts)
            _texts.Add(own);
        return own;
    }
}
