using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Recommendations.Features;

/// <summary>
/// Features as plain JSON: a string is a text, a number without point or exponent a whole number, any other number a real one, and a list of one of these a list. A list
/// with a real number in it is one of real numbers. Null and the empty list are no value.
/// </summary>
public sealed class FeatureValueConverter : JsonConverter<FeatureValue>
{
    public override bool HandleNull => true;

    public override FeatureValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => default,
        JsonTokenType.String => FeatureValue.Of(reader.GetString()!),
        JsonTokenType.Number => IsWhole(reader) ? FeatureValue.Of(reader.GetInt64()) : FeatureValue.Of(Finite(ref reader)),
        JsonTokenType.StartArray => ReadList(ref reader),
        _ => throw new JsonException("A feature is a string, a number, or a list of one of these."),
    };

    public override void Write(Utf8JsonWriter writer, FeatureValue value, JsonSerializerOptions options)
    {
        switch (value.Kind)
        {
            case FeatureKind.None:
                writer.WriteNullValue();
                break;
            case FeatureKind.Text:
                writer.WriteStringValue(value.Text);
                break;
            case FeatureKind.Integer:
                writer.WriteNumberValue(value.Integer);
                break;
            case FeatureKind.Number:
                WriteReal(writer, value.Number);
                break;
            case FeatureKind.TextList:
                WriteList(writer, value.TextList, static (w, text) => w.WriteStringValue(text));
                break;
            case FeatureKind.IntegerList:
                WriteList(writer, value.IntegerList, static (w, number) => w.WriteNumberValue(number));
                break;
            default:
                WriteList(writer, value.NumberList, WriteReal);
                break;
        }
    }

    private static FeatureValue ReadList(ref Utf8JsonReader reader)
    {
        var texts = new List<string>();
        var whole = new List<long>();
        var real = new List<double>();
        bool anyReal = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                texts.Add(reader.GetString()!);
            }
            else if (reader.TokenType == JsonTokenType.Number)
            {
                real.Add(Finite(ref reader));
                if (!anyReal && IsWhole(reader))
                    whole.Add(reader.GetInt64());
                else
                    anyReal = true;
            }
            else
            {
                throw new JsonException("A list holds strings or numbers.");
            }
        }

        if (texts.Count > 0 && real.Count > 0)
            throw new JsonException("A list holds strings or numbers, not both.");
        if (texts.Count > 0)
            return FeatureValue.Of(texts.ToArray());
        if (real.Count > 0)
            return anyReal ? FeatureValue.Of(real.ToArray()) : FeatureValue.Of(whole.ToArray());
        return default;
    }

    private static bool IsWhole(in Utf8JsonReader reader) => reader.ValueSpan.IndexOfAny("."u8[0], "e"u8[0], "E"u8[0]) < 0 && reader.TryGetInt64(out _);

    private static double Finite(ref Utf8JsonReader reader) =>
        reader.TryGetDouble(out double number) && double.IsFinite(number) ? number : throw new JsonException("A number is out of range.");

    /// <summary>Writes a real number so that it is read as one: 3 becomes 3.0.</summary>
    private static void WriteReal(Utf8JsonWriter writer, double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        writer.WriteRawValue(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text, skipInputValidation: true);
    }

    private static void WriteList<T>(Utf8JsonWriter writer, IReadOnlyList<T> values, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray();
        foreach (T value in values)
            write(writer, value);
        writer.WriteEndArray();
    }
}
