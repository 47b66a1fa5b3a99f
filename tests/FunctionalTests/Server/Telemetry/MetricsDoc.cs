using UnitTests.Testing;

namespace FunctionalTests.Server.Telemetry;

/// <summary>What docs/metrics.md says: which metrics there are in `/metrics`, with which labels, and which values these can have.</summary>
internal sealed class MetricsDoc
{
    private readonly Dictionary<string, (string Kind, HashSet<string> Labels)> _metrics = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Metric, string Label), HashSet<string>> _values = [];
    private readonly Dictionary<string, HashSet<string>> _attributesOfSpans = new(StringComparer.Ordinal);

    public MetricsDoc()
    {
        var byInstrument = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in Repository.Read("docs/metrics.md").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)))
        {
            string[] cells = [.. line.Split(" | ").Select(cell => cell.Trim(' ', '|'))];
            if (cells is [_, var metric, "counter" or "gauge" or "histogram" or "up-down counter", _, var attributes, _])
            {
                metric = Words(metric)[0];
                byInstrument[Words(cells[0])[0]] = metric;
                _metrics[metric] = (cells[2], [.. Words(attributes).Select(LabelOf)]);
            }
            else if (cells is [var attribute, var instruments, var values] && Words(attribute).Length == 1)
            {
                // Meanings in words are of values that cannot be listed.
                if (values.StartsWith('`'))
                {
                    foreach (string instrument in Words(instruments))
                        _values[(byInstrument[instrument], LabelOf(Words(attribute)[0]))] = [.. Words(values)];
                }
            }
            else if (cells is [var span, _, "internal" or "client" or "server", var tags, _])
            {
                string name = span.Contains('{', StringComparison.Ordinal) ? "" : Words(span)[0];
                _attributesOfSpans[name] = [.. Words(tags)];
            }
        }
    }

    /// <summary>Names in `/metrics`; histograms without the suffixes of their samples.</summary>
    public IReadOnlyCollection<string> Metrics => _metrics.Keys;

    /// <summary>The metric that a sample or a query's selector is of; null where none is documented.</summary>
    public string? MetricOf(string sample)
    {
        if (_metrics.TryGetValue(sample, out (string Kind, HashSet<string>) metric))
            return metric.Kind == "histogram" ? null : sample;
        foreach (string suffix in (string[])["_bucket", "_sum", "_count"])
        {
            if (sample.EndsWith(suffix, StringComparison.Ordinal) && _metrics.TryGetValue(sample[..^suffix.Length], out metric) && metric.Kind == "histogram")
                return sample[..^suffix.Length];
        }

        return null;
    }

    /// <summary>Whether a metric can have a label; "le" only where it is a histogram.</summary>
    public bool HasLabel(string metric, string label) => _metrics[metric].Labels.Contains(label) || (label == "le" && _metrics[metric].Kind == "histogram");

    /// <summary>The values that a label can have; null where they are not words that can be listed.</summary>
    public IReadOnlySet<string>? ValuesOf(string metric, string label) => _values.GetValueOrDefault((metric, label));

    /// <summary>Whether a span of a name can have an attribute.</summary>
    /// <param name="name">The span's; calls and commands are known by their kinds.</param>
    public bool SpanHas(string name, Otlp.Span.Types.Kind kind, string attribute) => _attributesOfSpans.TryGetValue(
        kind switch { Otlp.Span.Types.Kind.Server => "package.Service/Method", Otlp.Span.Types.Kind.Client => "", _ => name }, out HashSet<string>? attributes) && (attribute == "error.type" || attributes.Contains(attribute));

    private static string LabelOf(string attribute) => attribute.Replace('.', '_');

    /// <summary>What stands between backticks.</summary>
    private static string[] Words(string cell) => [.. cell.Split('`').Where((_, i) => i % 2 == 1)];
}
