using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Inference.Recommendations.Surfaces;

/// <summary>Reads the fields of one JSON object and notes everything that is wrong with them; what is wrong reads as the default, so that reading goes on.</summary>
internal sealed class JsonFields
{
    private const int MostOfPath = 200;

    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly List<SurfaceProblem> _problems;

    /// <param name="element">What should be an object.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <param name="known">Names of the fields that there are; empty where any name may stand.</param>
    public JsonFields(JsonElement element, string path, List<SurfaceProblem> problems, params ReadOnlySpan<string> known)
    {
        (_problems, Path) = (problems, path);
        if (element.ValueKind != JsonValueKind.Object)
        {
            Add("", $"is {NameOf(element)}; it must be an object, {{ … }}.");
            return;
        }

        foreach (JsonProperty field in element.EnumerateObject())
        {
            if (!known.IsEmpty && !known.Contains(field.Name))
                Add(field.Name, $"is no field; {Meant(field.Name, known.ToArray())}");
            else if (!_fields.TryAdd(field.Name, field.Value))
                Add(field.Name, "is there twice.");
        }
    }

    /// <summary>Where the object stands.</summary>
    public string Path { get; }

    /// <summary>The fields in the order of the text, those that are there twice once.</summary>
    public IEnumerable<KeyValuePair<string, JsonElement>> All => _fields;

    /// <summary>"did you mean 'x'?", or the list of all.</summary>
    public static string Meant(string written, IReadOnlyCollection<string> known) =>
        NearestName.Find(written, known) is { } nearest ? $"did you mean '{nearest}'? There are {string.Join(", ", known)}." : $"there are {string.Join(", ", known)}.";

    /// <summary>Notes a problem with a field, or with the object where the name is empty.</summary>
    public void Add(string name, string text) => _problems.Add(new SurfaceProblem(Short(name.Length == 0 ? Path : PathOf(name)), text));

    /// <summary>Where a field stands.</summary>
    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    public bool Has(string name) => _fields.TryGetValue(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public bool TryGet(string name, out JsonElement value) => _fields.TryGetValue(name, out value) && value.ValueKind != JsonValueKind.Null;

    /// <param name="mostBytes">Of UTF-8.</param>
    public string Text(string name, string otherwise, int mostBytes)
    {
        if (!TryGet(name, out JsonElement value))
            return otherwise;
        if (value.ValueKind != JsonValueKind.String)
        {
            Add(name, $"is {NameOf(value)}; it must be a text.");
            return otherwise;
        }

        string text = value.GetString()!;
        int bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes <= mostBytes)
            return text;
        Add(name, $"has {bytes} bytes; it may have {mostBytes}.");
        return otherwise;
    }

    /// <summary>A text that must be there and say something.</summary>
    public string Required(string name, int mostBytes)
    {
        string text = Text(name, "", mostBytes);
        if (!Has(name))
            Add(name, "is missing.");
        else if (text.Length == 0 && _fields[name].ValueKind == JsonValueKind.String && _fields[name].GetString()!.Length == 0)
            Add(name, "is empty.");
        return text;
    }

    public double Number(string name, double otherwise, double least, double most)
    {
        if (!TryGet(name, out JsonElement value))
            return otherwise;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most)
            return number;
        Add(name, string.Create(CultureInfo.InvariantCulture, $"is {NameOf(value)}; it must be a number from {least} to {most}."));
        return otherwise;
    }

    public int Whole(string name, int otherwise, int least, int most)
    {
        if (!TryGet(name, out JsonElement value))
            return otherwise;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most)
            return number;
        Add(name, string.Create(CultureInfo.InvariantCulture, $"is {NameOf(value)}; it must be a whole number from {least} to {most}."));
        return otherwise;
    }

    public bool Flag(string name, bool otherwise)
    {
        if (!TryGet(name, out JsonElement value))
            return otherwise;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Add(name, $"is {NameOf(value)}; it must be true or false.");
        return otherwise;
    }

    /// <summary>A time such as "5ms", "250us", "1s" or "00:00:00.005".</summary>
    public TimeSpan Duration(string name, TimeSpan otherwise, TimeSpan least, TimeSpan most)
    {
        if (!TryGet(name, out JsonElement value))
            return otherwise;
        if (value.ValueKind == JsonValueKind.String && DurationText.TryParse(value.GetString()!, out TimeSpan time) && time >= least && time <= most)
            return time;
        Add(name, $"is {NameOf(value)}; it must be a time from \"{DurationText.Of(least)}\" to \"{DurationText.Of(most)}\".");
        return otherwise;
    }

    /// <summary>One of some names.</summary>
    /// <returns>Its place among them.</returns>
    public int Choice(string name, int otherwise, params string[] names)
    {
        if (!TryGet(name, out JsonElement value))
            return otherwise;
        int place = value.ValueKind == JsonValueKind.String ? Array.IndexOf(names, value.GetString()) : -1;
        if (place >= 0)
            return place;
        Add(name, $"is {NameOf(value)}; {Meant(value.ValueKind == JsonValueKind.String ? value.GetString()! : "", names)}");
        return otherwise;
    }

    /// <summary>The elements of a list with where they stand; none where it is not there.</summary>
    public IReadOnlyList<(JsonElement Element, string Path)> List(string name, int most)
    {
        if (!TryGet(name, out JsonElement value))
            return [];
        if (value.ValueKind != JsonValueKind.Array)
        {
            Add(name, $"is {NameOf(value)}; it must be a list, [ … ].");
            return [];
        }

        if (value.GetArrayLength() > most)
            Add(name, $"has {value.GetArrayLength()} elements; it may have {most}.");
        var elements = new List<(JsonElement, string)>();
        foreach (JsonElement element in value.EnumerateArray().Take(most))
            elements.Add((element, $"{PathOf(name)}[{elements.Count}]"));
        return elements;
    }

    /// <summary>A path of which the file decides how long it is, short enough for a message; what it begins with tells where to look.</summary>
    private static string Short(string path) => path.Length <= MostOfPath ? path : string.Concat(path.AsSpan(0, MostOfPath), "…");

    /// <summary>What stands there, short enough for a message.</summary>
    public static string NameOf(JsonElement value)
    {
        const int longest = 40;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                return "an object";
            case JsonValueKind.Array:
                return "a list";
            case JsonValueKind.String:
                string text = value.GetString()!;
                return $"\"{(text.Length <= longest ? text : string.Concat(text.AsSpan(0, longest), "…"))}\"";
            default:
                return value.GetRawText();
        }
    }
}
