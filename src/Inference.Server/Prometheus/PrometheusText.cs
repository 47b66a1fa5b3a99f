using System.Buffers;
using System.Globalization;
using System.Text;

namespace Inference.Server.Prometheus;

/// <summary>Writes lines of the Prometheus text format, version 0.0.4, as UTF-8.</summary>
internal sealed class PrometheusText
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64 * 1024);
    private bool _hasLabels;

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    public void Clear() => _bytes.ResetWrittenCount();

    public void Header(string name, string type, string help)
    {
        if (help.Length > 0)
        {
            Raw("# HELP ");
            Raw(name);
            Raw(" ");
            Escaped(help, escapeQuotes: false);
            Raw("\n");
        }

        Raw("# TYPE ");
        Raw(name);
        Raw(" ");
        Raw(type);
        Raw("\n");
    }

    /// <summary>Begins a sample; labels may follow, then its value.</summary>
    public void Sample(string name, string suffix = "")
    {
        Raw(name);
        Raw(suffix);
        _hasLabels = false;
    }

    public void Label(string name, string value)
    {
        Raw(_hasLabels ? "," : "{");
        _hasLabels = true;
        Raw(name);
        Raw("=\"");
        Escaped(value, escapeQuotes: true);
        Raw("\"");
    }

    public void Value(double value)
    {
        Raw(_hasLabels ? "} " : " ");
        Raw(Number(value));
        Raw("\n");
    }

    public void Value(long value)
    {
        Raw(_hasLabels ? "} " : " ");
        Utf8Formatted(value);
        Raw("\n");
    }

    /// <summary>A number as the format wants it: shortest form that reads back, "+Inf", "-Inf" or "NaN".</summary>
    public static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private void Utf8Formatted(long value)
    {
        Span<byte> span = _bytes.GetSpan(20);
        value.TryFormat(span, out int written, default, CultureInfo.InvariantCulture);
        _bytes.Advance(written);
    }

    private void Raw(string text)
    {
        Span<byte> span = _bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        _bytes.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    private void Escaped(string text, bool escapeQuotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
        {
            Raw(text);
            return;
        }

        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        Raw(escapeQuotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text);
    }
}
