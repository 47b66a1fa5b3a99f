using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Inference.Server.Prometheus;

/// <summary>
/// Writes what the OpenTelemetry SDK has aggregated as Prometheus text, when asked to. Not safe for concurrent use; <see cref="PrometheusEndpoint"/> takes turns.
/// </summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly PrometheusText _text = new();
    private readonly Dictionary<(string Name, string Unit, MetricType Type), string> _names = [];
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);

    public Func<int, bool>? Collect { get; set; }

    /// <summary>The text of the last collection; valid until the next one.</summary>
    public ReadOnlyMemory<byte> Written => _text.Written;

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var metrics = new List<(string Name, Metric Metric)>();
        foreach (Metric metric in batch)
        {
            if (TypeOf(metric.MetricType) is not null)
                metrics.Add((NameOf(metric), metric));
        }

        // The format wants all samples of one name together, and meters may share a name. The sort is stable in the order of registration.
        _text.Clear();
        TargetInfo();
        string? header = null, headerType = null;
        foreach ((string name, Metric metric) in metrics.OrderBy(pair => pair.Name, StringComparer.Ordinal))
        {
            string type = TypeOf(metric.MetricType)!;
            if (name != header)
                _text.Header(header = name, headerType = type, metric.Description);
            else if (type != headerType)
                continue; // Two instruments of one name and different types cannot both be told.
            Points(name, metric);
        }

        return ExportResult.Success;
    }

    private void Points(string name, Metric metric)
    {
        foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
        {
            switch (metric.MetricType)
            {
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    Sample(name, "", metric, point.Tags);
                    _text.Value(point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Sample(name, "", metric, point.Tags);
                    _text.Value(point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    Sample(name, "", metric, point.Tags);
                    _text.Value(point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    Sample(name, "", metric, point.Tags);
                    _text.Value(point.GetGaugeLastValueDouble());
                    break;
                default:
                    Histogram(name, metric, in point);
                    break;
            }
        }
    }

    private void Histogram(string name, Metric metric, in MetricPoint point)
    {
        long cumulative = 0;
        foreach (HistogramBucket bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            Sample(name, "_bucket", metric, point.Tags);
            _text.Label("le", PrometheusText.Number(bucket.ExplicitBound));
            _text.Value(cumulative);
        }

        Sample(name, "_sum", metric, point.Tags);
        _text.Value(point.GetHistogramSum());
        Sample(name, "_count", metric, point.Tags);
        _text.Value(point.GetHistogramCount());
    }

    private void Sample(string name, string suffix, Metric metric, ReadOnlyTagCollection tags)
    {
        _text.Sample(name, suffix);
        _text.Label("otel_scope_name", metric.MeterName);
        foreach (KeyValuePair<string, object?> tag in tags)
            _text.Label(LabelOf(tag.Key), ValueOf(tag.Value));
    }

    /// <summary>Who speaks, as one sample that queries can join.</summary>
    private void TargetInfo()
    {
        _text.Header("target_info", "gauge", "Attributes of the resource that the metrics are about.");
        _text.Sample("target_info");
        foreach (KeyValuePair<string, object> attribute in ParentProvider.GetResource().Attributes)
            _text.Label(LabelOf(attribute.Key), ValueOf(attribute.Value));
        _text.Value(1);
    }

    private string NameOf(Metric metric)
    {
        (string, string, MetricType) key = (metric.Name, metric.Unit, metric.MetricType);
        return _names.TryGetValue(key, out string? name) ? name : _names[key] = PrometheusNames.Metric(metric.Name, metric.Unit, metric.MetricType);
    }

    private string LabelOf(string name) => _labels.TryGetValue(name, out string? label) ? label : _labels[name] = PrometheusNames.Label(name);

    private static string ValueOf(object? value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };

    /// <summary>The word for the type; null for what the format cannot hold.</summary>
    private static string? TypeOf(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic or MetricType.LongGauge or MetricType.DoubleGauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => null,
    };
}
