using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>A user as a line has it.</summary>
/// <param name="Id">May be anything.</param>
/// <param name="Features">Without empty ones.</param>
/// <param name="History">The catalogue's rows of the items, latest last; −1 where it has none.</param>
/// <param name="Others">The ids of those without a row, in their order; "" where there is no id.</param>
/// <param name="Unknown">Fields that the format does not know.</param>
internal readonly record struct UserLine(string? Id, IReadOnlyDictionary<string, FeatureValue> Features, IReadOnlyList<int> History, IReadOnlyList<string> Others, IEnumerable<string> Unknown);

/// <summary>
/// Reads lines of users: ids of items become rows of the catalogue without a string of their own, and users share names and short texts of their features. Lists are used again for the next line. What is unusual goes
/// to the serializer, as in <see cref="ItemLines"/>.
/// </summary>
internal sealed class UserLines(ItemCatalogue items)
{
    /// <summary>Texts that are shared, and the longest: callers' inventions must not fill the memory.</summary>
    private const int MostTexts = 1 << 16, LongestText = 64;

    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly List<int> _history = [];
    private readonly List<string> _others = [];
    private readonly KeyValuePair<string, FeatureValue>[] _features = new KeyValuePair<string, FeatureValue>[FewFeatures.Most];
    private char[] _characters = new char[1024];
    private int _featureCount;

    /// <summary>Reads a line. Features and history are valid until the next call.</summary>
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
        _history.Clear();
        _others.Clear();
        foreach (string? item in user.History ?? [])
            AddItem(item);
        return new UserLine(user.Id, ItemLines.WithoutEmpty(user.Features), _history, _others, user.UnknownFields?.Keys ?? []);
    }

    private bool TryRead(ReadOnlySpan<byte> utf8, out UserLine line)
    {
        line = default;
        string? id = null;
        _history.Clear();
        _others.Clear();
        _featureCount = 0;
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
        line = new UserLine(id, _featureCount == 0 ? FeatureSet.None : new FewFeatures(_features, _featureCount), _history, _others, []);
        return true;
    }

    private bool TryReadHistory(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        _history.Clear();
        _others.Clear();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            AddItem(reader.Characters(ref _characters));
        return reader.TokenType == JsonTokenType.EndArray;
    }

    private bool TryReadFeatures(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        _featureCount = 0;
        while (reader.ReadName())
        {
            string name = Text(reader.Characters(ref _characters));
            foreach (ref readonly KeyValuePair<string, FeatureValue> feature in _features.AsSpan(0, _featureCount))
            {
                if (feature.Key == name)
                    return false;
            }

            if (_featureCount == FewFeatures.Most)
                return false;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
                _features[_featureCount++] = new(name, FeatureValue.Of(Text(reader.Characters(ref _characters))));
            else if (reader.TokenType == JsonTokenType.Number && reader.TryReadWhole(out long whole))
                _features[_featureCount++] = new(name, FeatureValue.Of(whole));
            else if (reader.TokenType == JsonTokenType.Number && reader.TryReadFinite(out double real))
                _features[_featureCount++] = new(name, FeatureValue.Of(real));
            else
                return false;
        }

        return reader.TokenType == JsonTokenType.EndObject;
    }

    private void AddItem(ReadOnlySpan<char> id)
    {
        bool isKnown = items.TryGetBundleRow(id, out int row);
        _history.Add(isKnown ? row : -1);
        if (!isKnown)
            _others.Add(id.ToString());
    }

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
