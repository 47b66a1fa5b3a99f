using System.Buffers;
using System.Globalization;
using System.Text;

namespace Inference.Server.Prometheus;

/// <summary>
/// Writes lines of the Prometheus text format, version 0.0.4, or of OpenMetrics 1.0.0, as UTF-8. What differs: OpenMetrics names a family of counters without "_total" and of infos without "_info", writes whole bounds
/// as "1.0", escapes quotes in help texts, lets samples have exemplars, and ends in "# EOF".
/// </summary>
internal sealed class PrometheusText
{
    private static readonly SearchValues<char> OfWholeNumbers = SearchValues.Create("-0123456789");

    private readonly ArrayBufferWriter<byte> _bytes = new(64 * 1024);
    private bool _isOpenMetrics;
    private bool _hasLabels;

    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    /// <summary>Forgets what was written, and begins anew.</summary>
    public void Begin(PrometheusFormat format)
    {
        _bytes.ResetWrittenCount();
        _isOpenMetrics = format == PrometheusFormat.OpenMetrics;
    }

    public void End()
    {
        if (_isOpenMetrics)
            Raw("# EOF\n");
    }

    /// <param name="name">As the samples have it.</param>
    public void Header(string name, string type, string help)
    {
        string family = !_isOpenMetrics ? name : type switch
        {
            "counter" => Without(name, "_total"),
            "info" => Without(name, "_info"),
            _ => name,
        };
        if (help.Length > 0)
        {
            Raw("# HELP ");
            Raw(family);
            Raw(" ");
            Escaped(help, escapeQuotes: _isOpenMetrics);
            Raw("\n");
        }

        Raw("# TYPE ");
        Raw(family);
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

    /// <summary>The label of a bucket.</summary>
    public void Bound(double upper)
    {
        string number = Number(upper);
        Label("le", _isOpenMetrics && number.AsSpan().IndexOfAnyExcept(OfWholeNumbers) < 0 ? number + ".0" : number);
    }

    public void Value(double value, PrometheusExemplar? exemplar = null)
    {
        Raw(_hasLabels ? "} " : " ");
        Raw(Number(value));
        End(exemplar);
    }

    public void Value(long value, PrometheusExemplar? exemplar = null)
    {
        Raw(_hasLabels ? "} " : " ");
        Utf8Formatted(value);
        End(exemplar);
    }

    /// <summary>A number as the format wants it: shortest form that reads back, "+Inf", "-Inf" or "NaN".</summary>
    public static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private static string Without(string name, string suffix) => name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;

    private void End(PrometheusExemplar? exemplar)
    {
        if (exemplar is { } named)
            Raw(string.Create(CultureInfo.InvariantCulture, $" # {{trace_id=\"{named.TraceId}\",span_id=\"{named.SpanId}\"}} {Number(named.Value)} {named.Time.ToUnixTimeMilliseconds() / 1000.0:F3}"));
        Raw("\n");
    }

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
