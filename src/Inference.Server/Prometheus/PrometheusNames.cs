using System.Text;
using OpenTelemetry.Metrics;

namespace Inference.Server.Prometheus;

/// <summary>Names of OpenTelemetry instruments, units and attributes as Prometheus writes them.</summary>
/// <remarks>OpenTelemetry specification, "Prometheus and OpenMetrics compatibility".</remarks>
internal static class PrometheusNames
{
    /// <summary>The name of a metric: legal characters, then the unit, then "_total" for a counter; neither is repeated where the name has it already.</summary>
    public static string Metric(string name, string unit, MetricType type)
    {
        string metric = Sanitize(name, allowColon: true);
        string suffix = Unit(unit, isGauge: type.IsGauge());
        if (suffix.Length > 0 && !HasWord(metric, suffix))
            metric = $"{metric}_{suffix}";
        bool isCounter = type is MetricType.LongSum or MetricType.DoubleSum;
        return isCounter && !metric.EndsWith("_total", StringComparison.Ordinal) ? metric + "_total" : metric;
    }

    /// <summary>The name of a label.</summary>
    public static string Label(string name) => Sanitize(name, allowColon: false);

    /// <summary>A unit of UCUM as a word; annotations in braces say nothing.</summary>
    internal static string Unit(string unit, bool isGauge)
    {
        string bare = WithoutAnnotations(unit);
        int slash = bare.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
        {
            string per = Word(bare[(slash + 1)..]);
            string what = Word(bare[..slash]);
            return per.Length == 0 ? what : $"{what}_per_{Singular(per)}";
        }

        if (slash == 0)
            return bare.Length == 1 ? "" : "per_" + Singular(Word(bare[1..]));
        return bare == "1" ? (isGauge ? "ratio" : "") : Word(bare);
    }

    private static bool IsGauge(this MetricType type) => type is MetricType.LongGauge or MetricType.DoubleGauge;

    private static string Word(string unit) => unit switch
    {
        "" => "",
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "%" => "percent",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "W" => "watts",
        "J" => "joules",
        "1" => "ratio",
        _ => Sanitize(unit, allowColon: false),
    };

    private static string Singular(string word) => word.EndsWith('s') && word != "celsius" ? word[..^1] : word;

    private static string WithoutAnnotations(string unit)
    {
        int open = unit.IndexOf('{', StringComparison.Ordinal);
        int close = unit.IndexOf('}', StringComparison.Ordinal);
        return open >= 0 && close > open ? WithoutAnnotations(unit.Remove(open, close - open + 1)) : unit;
    }

    private static bool HasWord(string metric, string word) =>
        metric.EndsWith("_" + word, StringComparison.Ordinal) || metric.Contains("_" + word + "_", StringComparison.Ordinal);

    /// <summary>Runs of illegal characters become one underscore; a digit in front gets one before it.</summary>
    private static string Sanitize(string name, bool allowColon)
    {
        var text = new StringBuilder(name.Length + 1);
        foreach (char c in name)
        {
            bool isLegal = char.IsAsciiLetterOrDigit(c) || (c == ':' && allowColon);
            if (text.Length == 0 && char.IsAsciiDigit(c))
                text.Append('_');
            if (isLegal)
                text.Append(c);
            else if (text.Length == 0 || text[^1] != '_')
                text.Append('_');
        }

        return text.ToString();
    }
}
