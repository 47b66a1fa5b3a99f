using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Inference.Towers.Bundles;

/// <summary>Writes JSON as people would: what fits on a line goes on a line, lists of plain values always do, the rest is indented by two spaces.</summary>
internal static class ReadableJson
{
    /// <summary>Longest object or list of objects on one line, without its indentation.</summary>
    private const int LineLength = 130;

    public static string Format(JsonElement element)
    {
        var text = new StringBuilder();
        if (element.ValueKind == JsonValueKind.Object)
            AppendObject(text, element, depth: 0);
        else
            Append(text, element, depth: 0);
        return text.Append('\n').ToString();
    }

    private static void Append(StringBuilder text, JsonElement element, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when !TryAppendLine(text, element):
                AppendObject(text, element, depth);
                break;
            case JsonValueKind.Array when IsPlain(element):
                AppendLine(text, element);
                break;
            case JsonValueKind.Array when !TryAppendLine(text, element):
                AppendMembers(text, '[', ']', element.EnumerateArray().ToList(), depth, (value, inner) => Append(text, value, inner));
                break;
            case JsonValueKind.Object or JsonValueKind.Array:
                break;
            default:
                AppendLine(text, element);
                break;
        }
    }

    private static void AppendObject(StringBuilder text, JsonElement element, int depth) => AppendMembers(text, '{', '}', element.EnumerateObject().ToList(), depth, (property, inner) =>
    {
        AppendText(text, property.Name);
        text.Append(": ");
        Append(text, property.Value, inner);
    });

    private static void AppendMembers<T>(StringBuilder text, char open, char close, List<T> members, int depth, Action<T, int> append)
    {
        text.Append(open);
        for (int i = 0; i < members.Count; i++)
        {
            text.Append(i == 0 ? "\n" : ",\n").Append(' ', 2 * (depth + 1));
            append(members[i], depth + 1);
        }

        if (members.Count > 0)
            text.Append('\n').Append(' ', 2 * depth);
        text.Append(close);
    }

    private static bool TryAppendLine(StringBuilder text, JsonElement element)
    {
        // The raw text has no spaces, so it is never longer than the line.
        if (element.GetRawText().Length > LineLength)
            return false;
        int start = text.Length;
        AppendLine(text, element);
        if (text.Length - start <= LineLength)
            return true;
        text.Length = start;
        return false;
    }

    private static void AppendLine(StringBuilder text, JsonElement element)
    {
        string separator = "";
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    text.Append(separator.Length == 0 ? " " : separator);
                    AppendText(text, property.Name);
                    text.Append(": ");
                    AppendLine(text, property.Value);
                    separator = ", ";
                }

                text.Append(separator.Length == 0 ? "}" : " }");
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (JsonElement value in element.EnumerateArray())
                {
                    text.Append(separator);
                    AppendLine(text, value);
                    separator = ", ";
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                AppendText(text, element.GetString()!);
                break;
            default:
                text.Append(element.GetRawText());
                break;
        }
    }

    private static void AppendText(StringBuilder text, string value) => text.Append('"').Append(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString()).Append('"');

    private static bool IsPlain(JsonElement array)
    {
        foreach (JsonElement value in array.EnumerateArray())
        {
            if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                return false;
        }

        return true;
    }
}
