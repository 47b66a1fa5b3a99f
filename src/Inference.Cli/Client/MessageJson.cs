using System.Text.Json;
using Google.Protobuf;

namespace Inference.Cli.Client;

/// <summary>Replies in the JSON form of protobuf, with the contract's field names.</summary>
internal static class MessageJson
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithPreserveProtoFieldNames(true));

    /// <summary>Writes a message, or where there are several an object with them as "pages".</summary>
    public static void WritePages(Utf8JsonWriter writer, IReadOnlyList<IMessage> pages)
    {
        if (pages.Count == 1)
        {
            Write(writer, pages[0]);
            return;
        }

        writer.WriteStartObject();
        writer.WriteStartArray("pages");
        foreach (IMessage page in pages)
            Write(writer, page);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Writes a message; parsed and written again for its indentation.</summary>
    public static void Write(Utf8JsonWriter writer, IMessage message)
    {
        using JsonDocument document = JsonDocument.Parse(Json.Format(message));
        document.WriteTo(writer);
    }
}
