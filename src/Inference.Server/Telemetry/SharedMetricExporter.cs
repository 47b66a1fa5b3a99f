using Inference.Server.Prometheus;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Inference.Server.Telemetry;

/// <summary>
/// Sends metrics by OTLP and writes the text of /metrics from one aggregation: with a reader for each, every measurement of every call would be aggregated twice. For cumulative sums only, which is what both want.
/// <list type="number">
/// <item>A thread collects at each interval, and the collection is sent.</item>
/// <item>Whoever scrapes collects as well, and the collection is written as text.</item>
/// <item>One at a time. A collector that does not answer keeps the turn until its time is over; who scrapes meanwhile gets the text of the scrape before.</item>
/// </list>
/// </summary>
internal sealed class SharedMetricExporter : OtlpMetricExporter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly PrometheusExporter _text;
    private readonly TimeSpan _interval;
    private readonly object _sleep = new();
    private readonly Lock _turn = new();
    private readonly Thread _sending;
    private readonly BaseExportingMetricReader _reader;
    private PrometheusFormat? _written;
    private bool _isText;
    private bool _isStopping;

    /// <param name="otlp">Where they are sent.</param>
    /// <param name="text">Writes the text. Its collections come here.</param>
    /// <param name="interval">Time between two collections that are sent.</param>
    public SharedMetricExporter(OtlpExporterOptions otlp, PrometheusExporter text, TimeSpan interval)
        : base(otlp)
    {
        (_text, _interval) = (text, interval);
        _reader = new BaseExportingMetricReader(this);
        text.Collect = _ => CollectText();
        _sending = new Thread(Send) { Name = "metrics by OTLP", IsBackground = true };
    }

    /// <summary>Whether the environment lets both share. It may ask for differences by OTLP, which /metrics cannot tell, or for headers, times and certificates of metrics alone, which only the SDK's own registration reads.</summary>
    public static bool IsPossible => !Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name => name.StartsWith("OTEL_EXPORTER_OTLP_METRICS_", StringComparison.Ordinal));

    /// <summary>What a provider of meters takes; it disposes the exporter.</summary>
    public MetricReader Reader => _reader;

    /// <summary>Begins to send. After the provider was built.</summary>
    public void Start() => _sending.Start();

    public override ExportResult Export(in Batch<Metric> metrics) => _isText ? _text.Export(metrics) : base.Export(metrics);

    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        lock (_sleep)
        {
            _isStopping = true;
            Monitor.Pulse(_sleep);
        }

        return base.OnShutdown(timeoutMilliseconds);
    }

    private void Send()
    {
        while (true)
        {
            lock (_sleep)
            {
                if (!_isStopping)
                    Monitor.Wait(_sleep, _interval);
                if (_isStopping)
                    return;
            }

            lock (_turn)
                _reader.Collect();
        }
    }

    private bool CollectText()
    {
        if (!_turn.TryEnter(Patience))
            return _written == _text.Format;
        try
        {
            _isText = true;
            bool isWritten = _reader.Collect();
            _written = isWritten ? _text.Format : null;
            return isWritten;
        }
        finally
        {
            _isText = false;
            _turn.Exit();
        }
    }
}
