using System.Text.Json;
using Google.Protobuf;

namespace Inference.Cli.Client;

/// <summary>Replies in the JSON form of protobuf, with the contract's field names.</summary>
internal static class MessageJson
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithPreserveProtoFieldNames(true));

    /// <summary>Writes a message; parsed and written again for its indentation.</summary>
    public static void Write(Utf8JsonWriter writer, IMessage message)
    {
        using JsonDocument document = JsonDocument.Parse(Json.Format(message));
        document.WriteTo(writer);
    }
}
