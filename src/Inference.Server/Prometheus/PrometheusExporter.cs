using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Inference.Server.Prometheus;

/// <summary>
/// Writes what the OpenTelemetry SDK has aggregated as Prometheus text or OpenMetrics, when asked to. Not safe for concurrent use; <see cref="PrometheusEndpoint"/> takes turns.
/// </summary>
/// <param name="resource">Who speaks.</param>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter(Resource resource) : BaseExporter<Metric>, IPullMetricExporter
{
    private readonly PrometheusText _text = new();
    private readonly Dictionary<(string Name, string Unit, MetricType Type), string> _names = [];
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);

    public Func<int, bool>? Collect { get; set; }

    /// <summary>What the next collection writes.</summary>
    public PrometheusFormat Format { get; set; }

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
        _text.Begin(Format);
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

        _text.End();
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
                    _text.Value(point.GetSumLong(), metric.MetricType == MetricType.LongSum ? ExemplarOf(in point, isLong: true) : null);
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    Sample(name, "", metric, point.Tags);
                    _text.Value(point.GetSumDouble(), metric.MetricType == MetricType.DoubleSum ? ExemplarOf(in point) : null);
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
        double lower = double.NegativeInfinity;
        foreach (HistogramBucket bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            Sample(name, "_bucket", metric, point.Tags);
            _text.Bound(bucket.ExplicitBound);
            _text.Value(cumulative, bucket.BucketCount > 0 ? ExemplarOf(in point, isLong: false, lower, bucket.ExplicitBound) : null);
            lower = bucket.ExplicitBound;
        }

        Sample(name, "_sum", metric, point.Tags);
        _text.Value(point.GetHistogramSum());
        Sample(name, "_count", metric, point.Tags);
        _text.Value(point.GetHistogramCount());
    }

    /// <summary>The latest exemplar of a point, or of one of its buckets: values above the one bound up to the other.</summary>
    private PrometheusExemplar? ExemplarOf(in MetricPoint point, bool isLong = false, double lower = double.NegativeInfinity, double upper = double.PositiveInfinity)
    {
        if (Format != PrometheusFormat.OpenMetrics || !point.TryGetExemplars(out ReadOnlyExemplarCollection exemplars))
            return null;
        PrometheusExemplar? latest = null;
        foreach (ref readonly Exemplar exemplar in exemplars)
        {
            if (exemplar.TraceId == default || (latest is not null && exemplar.Timestamp <= latest.Value.Time))
                continue;
            // Sums of whole numbers keep whole numbers; histograms keep doubles, whatever they are of.
            double value = isLong ? exemplar.LongValue : exemplar.DoubleValue;
            if (value > lower && value <= upper)
                latest = new PrometheusExemplar(exemplar.TraceId.ToHexString(), exemplar.SpanId.ToHexString(), value, exemplar.Timestamp);
        }

        return latest;
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
        _text.Header("target_info", Format == PrometheusFormat.OpenMetrics ? "info" : "gauge", "Attributes of the resource that the metrics are about.");
        _text.Sample("target_info");
        foreach (KeyValuePair<string, object> attribute in resource.Attributes)
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
