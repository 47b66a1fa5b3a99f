using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>Reads hyper-parameters of files that people may have written.</summary>
internal static class HyperparameterReading
{
    /// <exception cref="InvalidDataException">There is no such part.</exception>
    public static JsonObject Part(this JsonObject json, string name) =>
        json[name] as JsonObject ?? throw Invalid(json, name, "an object");

    /// <exception cref="InvalidDataException">There is no such number.</exception>
    public static double Number(this JsonObject json, string name, double? byDefault = null) => json[name] switch
    {
        null when byDefault is { } value => value,
        // By its text, for a value made in memory converts to its own type only.
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture),
        _ => throw Invalid(json, name, "a number"),
    };

    /// <exception cref="InvalidDataException">There is no such whole number.</exception>
    public static int Integer(this JsonObject json, string name, int? byDefault = null)
    {
        double number = json.Number(name, byDefault);
        return number == Math.Truncate(number) && Math.Abs(number) < int.MaxValue ? (int)number : throw Invalid(json, name, "a whole number");
    }

    /// <summary>JSON has no infinity: null stands for it.</summary>
    public static JsonNode? Finite(this double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    /// <summary>A whole number that may be null.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static int? OptionalInteger(this JsonObject json, string name) => json[name] is null ? null : json.Integer(name);

    /// <exception cref="InvalidDataException">There is no such word.</exception>
    public static string Word(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw Invalid(json, name, "a word");

    /// <exception cref="InvalidDataException">There is no such list of whole numbers.</exception>
    public static int[] Integers(this JsonObject json, string name)
    {
        if (json[name] is not JsonArray list)
            throw Invalid(json, name, "a list of whole numbers");
        int[] numbers = new int[list.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (list[i]?.GetValueKind() != JsonValueKind.Number || !int.TryParse(list[i]!.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i]))
                throw Invalid(json, name, "a list of whole numbers");
        }

        return numbers;
    }

    private static InvalidDataException Invalid(JsonObject json, string name, string what)
    {
        string path = json.GetPath().TrimStart('$', '.');
        return new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The hyper-parameters need {what} at '{(path.Length > 0 ? path + "." : "")}{name}'."));
    }
}
