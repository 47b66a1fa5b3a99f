using System.Text.Json;

namespace Inference.Training.Text;

/// <summary>Turns text into the token ids that a sentence encoder was trained with. Safe for concurrent use.</summary>
internal abstract class TextTokenizer
{
    private const int FewestTokens = 3;

    /// <summary>The tokens of a text, between the marks that the model wants around it.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="most">Ids at most, marks included; at least 3.</param>
    public long[] Encode(string text, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, FewestTokens);
        var ids = new List<long>();
        if (First is { } first)
            ids.Add(first);
        Append(text, ids);
        int room = most - (Last is null ? 0 : 1);
        if (ids.Count > room)
            ids.RemoveRange(room, ids.Count - room);
        if (Last is { } last)
            ids.Add(last);
        return [.. ids];
    }

    /// <summary>What stands in front; null for nothing.</summary>
    protected abstract long? First { get; }

    /// <summary>What stands behind; null for nothing.</summary>
    protected abstract long? Last { get; }

    protected abstract void Append(string text, List<long> ids);

    /// <summary>The tokenizer that a folder describes: vocab.txt (WordPiece), or vocab.json and merges.txt (byte-level BPE), with what tokenizer_config.json says where it is there.</summary>
    /// <exception cref="InvalidDataException">There is neither, or one that cannot be read.</exception>
    public static TextTokenizer Open(string folder)
    {
        JsonElement settings = SettingsOf(folder);
        string words = Path.Combine(folder, "vocab.txt"), vocabulary = Path.Combine(folder, "vocab.json"), merges = Path.Combine(folder, "merges.txt");
        if (File.Exists(words))
        {
            bool lower = Flag(settings, "do_lower_case") ?? true;
            return new WordPieceTokenizer(File.ReadAllLines(words), lower, Flag(settings, "strip_accents") ?? lower, Flag(settings, "tokenize_chinese_chars") ?? true);
        }

        if (File.Exists(vocabulary) && File.Exists(merges))
        {
            try
            {
                Dictionary<string, int> ids = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(vocabulary)) ?? [];
                return new ByteLevelBpeTokenizer(ids, File.ReadAllLines(merges), Flag(settings, "add_prefix_space") ?? false);
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"'{vocabulary}' is no object of tokens and ids: {e.Message}", e);
            }
        }

        throw new InvalidDataException($"'{folder}' has no tokenizer: neither vocab.txt, nor vocab.json with merges.txt.");
    }

    /// <summary>The longest input that tokenizer_config.json names; null where it names none that is sensible.</summary>
    public static int? LongestOf(string folder) =>
        SettingsOf(folder) is { ValueKind: JsonValueKind.Object } settings && settings.TryGetProperty("model_max_length", out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int most) && most >= FewestTokens ? most : null;

    private static JsonElement SettingsOf(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        try
        {
            return File.Exists(path) ? JsonDocument.Parse(File.ReadAllBytes(path)).RootElement : default;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is no JSON: {e.Message}", e);
        }
    }

    private static bool? Flag(JsonElement settings, string name) =>
        settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out JsonElement value) && value.ValueKind is (JsonValueKind.True or JsonValueKind.False) ? value.GetBoolean() : null;
}
