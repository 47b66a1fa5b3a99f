using System.Buffers;
using System.Globalization;
using System.Text;
using Inference.Cli.Client;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>
/// Comma-separated values with a header, quoted where they have to be (RFC 4180). Lists are joined by bars; within an id a bar is written as \|, a backslash as \\, and the end of a line as \n, so
/// that a user is one line. Only of errors the last column is not empty.
/// </summary>
internal sealed class CsvLines : LineFormat
{
    private readonly StringBuilder _text = new();

    /// <summary>Remembers the first half of a character whose second half is in the next piece of the text.</summary>
    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();

    public override string Name => "csv";

    public override ReadOnlySpan<byte> Header => "user_id,items,scores,sources,served_by,degraded,request_id,model_version,error\n"u8;

    public override void Write(IBufferWriter<byte> line, string userId, RecommendResponse answer)
    {
        _text.Clear();
        Cell(Escape(userId));
        Cell(string.Join('|', answer.Items.Select(item => Escape(item.ItemId))));
        Cell(string.Join('|', answer.Items.Select(item => item.Score.ToString(CultureInfo.InvariantCulture))));
        Cell(string.Join('|', answer.Items.Select(item => Escape(item.Source))));
        Cell(NameOf(answer.ServedBy));
        Cell(string.Join('|', answer.Degraded.Select(one => $"{Escape(one.Component)} {SlateView.NameOf(one.Reason)}")));
        Cell(Escape(answer.RequestId));
        Cell(Escape(answer.ModelVersion));
        End(line);
    }

    public override void WriteError(IBufferWriter<byte> line, string userId, ExportError error)
    {
        _text.Clear();
        Cell(Escape(userId));
        _text.Append(",,,,,,,");
        Cell(Escape($"{error.Code} {error.Reason}: {error.Message}"), isLast: true);
        End(line);
    }

    public override byte[] BeginOf(string userId)
    {
        _text.Clear();
        Cell(Escape(userId));
        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    public override bool IsError(byte lastButOne, byte last) => last != (byte)',';

    private static string Escape(string text) => text.AsSpan().ContainsAny("|\\\n\r")
        ? text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("|", @"\|", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal).Replace("\r", @"\r", StringComparison.Ordinal)
        : text;

    private void Cell(string text, bool isLast = false)
    {
        if (text.AsSpan().ContainsAny(",\""))
            _text.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            _text.Append(text);
        if (!isLast)
            _text.Append(',');
    }

    private void End(IBufferWriter<byte> line)
    {
        foreach (ReadOnlyMemory<char> chunk in _text.GetChunks())
            _encoder.Convert(chunk.Span, line, flush: false, out _, out _);
        _encoder.Convert([], line, flush: true, out _, out _);
        line.Write("\n"u8);
    }
}
