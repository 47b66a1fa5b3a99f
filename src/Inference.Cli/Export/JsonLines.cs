using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Inference.Cli.Client;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>One JSON object a line. A slate ends with a text, an error with two braces.</summary>
internal sealed class JsonLines : LineFormat, IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public override string Name => "jsonl";

    public override ReadOnlySpan<byte> Header => [];

    public override void Write(IBufferWriter<byte> line, string userId, RecommendResponse answer)
    {
        _json.Reset(line);
        _json.WriteStartObject();
        _json.WriteString("user_id"u8, userId);
        _json.WriteStartArray("items"u8);
        foreach (RecommendedItem item in answer.Items)
            WriteItem(item);
        _json.WriteEndArray();
        _json.WriteString("served_by"u8, NameOf(answer.ServedBy));
        _json.WriteStartArray("degraded"u8);
        foreach (Degradation degradation in answer.Degraded)
        {
            _json.WriteStartObject();
            _json.WriteString("component"u8, degradation.Component);
            _json.WriteString("reason"u8, SlateView.NameOf(degradation.Reason));
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteString("request_id"u8, answer.RequestId);
        _json.WriteString("model_version"u8, answer.ModelVersion);
        End(line);
    }

    public override void WriteError(IBufferWriter<byte> line, string userId, ExportError error)
    {
        _json.Reset(line);
        _json.WriteStartObject();
        _json.WriteString("user_id"u8, userId);
        _json.WriteStartObject("error"u8);
        _json.WriteString("code"u8, error.Code);
        _json.WriteString("reason"u8, error.Reason);
        _json.WriteString("message"u8, error.Message);
        _json.WriteEndObject();
        End(line);
    }

    public override byte[] BeginOf(string userId)
    {
        var line = new ArrayBufferWriter<byte>();
        _json.Reset(line);
        _json.WriteStartObject();
        _json.WriteString("user_id"u8, userId);
        _json.Flush();
        return [.. line.WrittenSpan, (byte)','];
    }

    public override bool IsError(byte lastButOne, byte last) => (lastButOne, last) == ((byte)'}', (byte)'}');

    public void Dispose() => _json.Dispose();

    private void WriteItem(RecommendedItem item)
    {
        _json.WriteStartObject();
        _json.WriteString("item_id"u8, item.ItemId);
        _json.WriteNumber("score"u8, item.Score);
        _json.WriteString("source"u8, item.Source);
        if (item.Reason is { Text.Length: > 0 } reason)
            _json.WriteString("reason"u8, reason.Text);
        if (item.Parts.Count > 0)
        {
            _json.WriteStartArray("parts"u8);
            foreach (ScorePart part in item.Parts)
            {
                _json.WriteStartObject();
                _json.WriteString("name"u8, part.Name);
                _json.WriteNumber("contribution"u8, part.Contribution);
                _json.WriteEndObject();
            }

            _json.WriteEndArray();
        }

        _json.WriteEndObject();
    }

    private void End(IBufferWriter<byte> line)
    {
        _json.WriteEndObject();
        _json.Flush();
        line.Write("\n"u8);
    }
}
