using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Inference.Towers.Bundles;

/// <summary>Writes JSON as people would: objects indented by two spaces, lists of plain values on one line.</summary>
internal static class ReadableJson
{
    public static string Format(JsonElement element)
    {
        var text = new StringBuilder();
        Append(text, element, depth: 0);
        return text.Append('\n').ToString();
    }

    private static void Append(StringBuilder text, JsonElement element, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                AppendMembers(text, '{', '}', element.EnumerateObject().ToList(), depth, (property, inner) =>
                {
                    AppendText(text, property.Name);
                    text.Append(": ");
                    Append(text, property.Value, inner);
                });
                break;
            case JsonValueKind.Array when IsPlain(element):
                text.Append('[');
                string separator = "";
                foreach (JsonElement value in element.EnumerateArray())
                {
                    text.Append(separator);
                    Append(text, value, depth);
                    separator = ", ";
                }

                text.Append(']');
                break;
            case JsonValueKind.Array:
                AppendMembers(text, '[', ']', element.EnumerateArray().ToList(), depth, (value, inner) => Append(text, value, inner));
                break;
            case JsonValueKind.String:
                AppendText(text, element.GetString()!);
                break;
            default:
                text.Append(element.GetRawText());
                break;
        }
    }

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
