using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace FunctionalTests.Storage;

/// <summary>
/// Vector sets as the public command reference describes them (VADD, VSIM, VCARD), by comparing with every vector, before a real Redis that does not have them yet. What the product asks goes over the wire as it would to Redis 8:
/// <list type="bullet">
/// <item>VADD key FP32 vector element [NOQUANT | Q8 | BIN] [EF n] [SETATTR json]: 1 for a new element, 0 for one that is replaced; other dimensions or another quantisation than those of the set are errors.</item>
/// <item>VSIM key FP32 vector [WITHSCORES] [COUNT n] [EF n] [FILTER expression]: elements by descending (1 + cosine) ∕ 2, each followed by it as a text; nothing for a key that is not there.</item>
/// </list>
/// Of filters it knows comparisons of a selector with a text or a number, "in" with a list, and "and".
/// </summary>
internal sealed class VectorSetPeer(int behind) : RespRelay(behind)
{
    private readonly ConcurrentDictionary<string, VectorSet> _sets = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _filters = new();

    /// <summary>The keys of vector sets.</summary>
    public IReadOnlyCollection<string> Keys => [.. _sets.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Elements of all sets.</summary>
    public int Elements => _sets.Values.Sum(static set => set.Elements.Count);

    /// <summary>The filters that were asked for.</summary>
    public IReadOnlyCollection<string> Filters => _filters;

    /// <summary>Where set, each search of a key for which it holds is answered by an error.</summary>
    public Func<string, bool>? Fails { get; set; }

    /// <summary>Where set, called with the number of elements before each is added.</summary>
    public Action<int>? Adding { get; set; }

    protected override byte[]? Answer(byte[][] words)
    {
        string name = TextOf(words[0]).ToUpperInvariant();
        string key = words.Length > 1 ? TextOf(words[1]) : "";
        try
        {
            return name switch
            {
                "COMMAND" when words.Length == 3 && TextOf(words[2]) == "VSIM" => "*1\r\n*1\r\n$4\r\nvsim\r\n"u8.ToArray(),
                "VADD" => Add(key, words),
                "VSIM" => Search(key, words),
                "UNLINK" => Encoding.ASCII.GetBytes(_sets.TryRemove(key, out _) ? ":1\r\n" : ":0\r\n"),
                _ => null,
            };
        }
        catch (ArgumentException e)
        {
            return Encoding.ASCII.GetBytes($"-ERR {e.Message}\r\n");
        }
    }

    private byte[] Add(string key, byte[][] words)
    {
        Adding?.Invoke(Elements);
        Expect(words, 2, "FP32");
        float[] vector = VectorOf(words[3]);
        string element = TextOf(words[4]), quantization = "Q8";
        var attributes = new Dictionary<string, JsonElement>();
        for (int i = 5; i < words.Length; i++)
        {
            switch (TextOf(words[i]))
            {
                case "NOQUANT" or "Q8" or "BIN":
                    quantization = TextOf(words[i]);
                    break;
                case "EF":
                    _ = NumberOf(words[++i]);
                    break;
                case "SETATTR":
                    attributes = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(words[++i])!;
                    break;
                default:
                    throw new ArgumentException("invalid option after element");
            }
        }

        VectorSet set = _sets.GetOrAdd(key, _ => new VectorSet(vector.Length, quantization, new()));
        if (set.Dimension != vector.Length)
            throw new ArgumentException($"Vector dimension mismatch - got {vector.Length} but set has {set.Dimension}");
        if (set.Quantization != quantization)
            throw new ArgumentException("asked quantization mismatch with existing vector set");
        bool isNew = !set.Elements.ContainsKey(element);
        set.Elements[element] = (vector, attributes);
        return Encoding.ASCII.GetBytes(isNew ? ":1\r\n" : ":0\r\n");
    }

    private byte[] Search(string key, byte[][] words)
    {
        Expect(words, 2, "FP32");
        float[] query = VectorOf(words[3]);
        int count = 10;
        bool withScores = false;
        string filter = "";
        for (int i = 4; i < words.Length; i++)
        {
            switch (TextOf(words[i]))
            {
                case "WITHSCORES":
                    withScores = true;
                    break;
                case "COUNT":
                    count = NumberOf(words[++i]);
                    break;
                case "EF":
                    _ = NumberOf(words[++i]);
                    break;
                case "FILTER":
                    _filters.Enqueue(filter = TextOf(words[++i]));
                    break;
                default:
                    throw new ArgumentException("syntax error");
            }
        }

        if (Fails?.Invoke(key) == true)
            throw new ArgumentException("it was told to fail");
        if (!_sets.TryGetValue(key, out VectorSet? set))
            return "*0\r\n"u8.ToArray();
        if (set.Dimension != query.Length)
            throw new ArgumentException($"Vector dimension mismatch - got {query.Length} but set has {set.Dimension}");
        var nearest = set.Elements.Where(element => Holds(filter, element.Value.Attributes))
            .Select(element => (Id: element.Key, Score: (1 + Cosine(query, element.Value.Vector)) / 2)).OrderByDescending(found => found.Score).Take(count).ToArray();
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"*{nearest.Length * (withScores ? 2 : 1)}\r\n"));
        foreach ((string id, double score) in nearest)
        {
            Append(text, id);
            if (withScores)
                Append(text, score.ToString("R", CultureInfo.InvariantCulture));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, string bulk) => text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(bulk)}\r\n{bulk}\r\n");

    private static bool Holds(string filter, Dictionary<string, JsonElement> attributes) =>
        filter.Length == 0 || filter.Split(" and ").All(term =>
        {
            string[] parts = term.Split(' ', 3);
            if (parts.Length != 3 || !parts[0].StartsWith('.'))
                throw new ArgumentException("syntax error in FILTER expression");
            if (!attributes.TryGetValue(parts[0][1..], out JsonElement value))
                return false;
            JsonElement[] others = parts[1] == "in" ? JsonSerializer.Deserialize<JsonElement[]>(parts[2])! : [JsonSerializer.Deserialize<JsonElement>(parts[2])];
            return others.Any(other => parts[1] is "==" or "in"
                ? JsonElement.DeepEquals(value, other)
                : value.ValueKind == JsonValueKind.Number && parts[1] switch
                {
                    "<" => value.GetDouble() < other.GetDouble(),
                    "<=" => value.GetDouble() <= other.GetDouble(),
                    ">" => value.GetDouble() > other.GetDouble(),
                    ">=" => value.GetDouble() >= other.GetDouble(),
                    _ => throw new ArgumentException("syntax error in FILTER expression"),
                });
        });

    private static double Cosine(float[] a, float[] b)
    {
        double dot = 0, lengthA = 0, lengthB = 0;
        for (int i = 0; i < a.Length; i++)
            (dot, lengthA, lengthB) = (dot + ((double)a[i] * b[i]), lengthA + ((double)a[i] * a[i]), lengthB + ((double)b[i] * b[i]));
        return lengthA == 0 || lengthB == 0 ? 0 : dot / Math.Sqrt(lengthA * lengthB);
    }

    private static float[] VectorOf(byte[] blob) => blob.Length > 0 && blob.Length % 4 == 0 ? MemoryMarshal.Cast<byte, float>(blob).ToArray() : throw new ArgumentException("invalid vector specification");

    private static int NumberOf(byte[] word) => int.Parse(TextOf(word), CultureInfo.InvariantCulture);

    private static void Expect(byte[][] words, int at, string word)
    {
        if (words.Length <= at + 1 || TextOf(words[at]) != word)
            throw new ArgumentException("invalid vector specification");
    }

    private sealed record VectorSet(int Dimension, string Quantization, ConcurrentDictionary<string, (float[] Vector, Dictionary<string, JsonElement> Attributes)> Elements);
}
