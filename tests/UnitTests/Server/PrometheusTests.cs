using System.Diagnostics.Metrics;
using System.Text;
using Inference.Server.Prometheus;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Xunit;

namespace UnitTests.Server;

public class PrometheusTests
{
    [Theory]
    [InlineData("rpc.server.call.duration", "s", MetricType.Histogram, "rpc_server_call_duration_seconds")]
    [InlineData("recsys.recommendations", "{slate}", MetricType.LongSum, "recsys_recommendations_total")]
    [InlineData("recsys.events_total", "", MetricType.LongSum, "recsys_events_total")]
    [InlineData("dotnet.gc.heap.total_allocated", "By", MetricType.LongSum, "dotnet_gc_heap_total_allocated_bytes_total")]
    [InlineData("process.cpu.utilization", "1", MetricType.DoubleGauge, "process_cpu_utilization_ratio")]
    [InlineData("things", "1", MetricType.LongSum, "things_total")]
    [InlineData("speed", "m/s", MetricType.DoubleGauge, "speed_m_per_second")]
    [InlineData("rate", "{packet}/s", MetricType.DoubleGauge, "rate_per_second")]
    [InlineData("wait.milliseconds", "ms", MetricType.Histogram, "wait_milliseconds")]
    [InlineData("active.calls", "{call}", MetricType.LongSumNonMonotonic, "active_calls")]
    [InlineData("2nd--try", "", MetricType.LongGauge, "_2nd_try")]
    public void Metric_OfAnInstrument_FollowsTheRules(string name, string unit, MetricType type, string expected) =>
        Assert.Equal(expected, PrometheusNames.Metric(name, unit, type));

    [Theory]
    [InlineData(0.0001, "0.0001")]
    [InlineData(1, "1")]
    [InlineData(0.000025, "2.5e-05")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    public void Number_OfAValue_ReadsBack(double value, string expected) => Assert.Equal(expected, PrometheusText.Number(value));

    [Fact]
    public void Export_OfEveryKindOfInstrument_WritesTheFormat()
    {
        using var meter = new Meter("Test.Prometheus");
        using var exporter = new PrometheusExporter(ResourceBuilder.CreateEmpty().AddAttributes([new("service.name", "tester")]).Build());
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(meter.Name)
            .AddView("wait", new ExplicitBucketHistogramConfiguration { Boundaries = [0.001, 0.01] })
            .AddReader(new BaseExportingMetricReader(exporter))
            .Build();

        Counter<long> counter = meter.CreateCounter<long>("calls", "{call}", "Calls,\nby \"kind\" and back\\slash.");
        counter.Add(2, new KeyValuePair<string, object?>("the.kind", "a \"b\"\n\\"));
        counter.Add(3, new KeyValuePair<string, object?>("the.kind", true));
        UpDownCounter<long> queue = meter.CreateUpDownCounter<long>("queue");
        queue.Add(5);
        queue.Add(-7);
        meter.CreateObservableGauge("load", () => 0.25, "1");
        Histogram<double> wait = meter.CreateHistogram<double>("wait", "s");
        wait.Record(0.0005);
        wait.Record(0.001);
        wait.Record(0.5);
        Assert.True(exporter.Collect!(Timeout.Infinite));

        Assert.Equal(
            """
            # HELP target_info Attributes of the resource that the metrics are about.
            # TYPE target_info gauge
            target_info{service_name="tester"} 1
            # HELP calls_total Calls,\nby "kind" and back\\slash.
            # TYPE calls_total counter
            calls_total{otel_scope_name="Test.Prometheus",the_kind="a \"b\"\n\\"} 2
            calls_total{otel_scope_name="Test.Prometheus",the_kind="true"} 3
            # TYPE load_ratio gauge
            load_ratio{otel_scope_name="Test.Prometheus"} 0.25
            # TYPE queue gauge
            queue{otel_scope_name="Test.Prometheus"} -2
            # TYPE wait_seconds histogram
            wait_seconds_bucket{otel_scope_name="Test.Prometheus",le="0.001"} 2
            wait_seconds_bucket{otel_scope_name="Test.Prometheus",le="0.01"} 2
            wait_seconds_bucket{otel_scope_name="Test.Prometheus",le="+Inf"} 3
            wait_seconds_sum{otel_scope_name="Test.Prometheus"} 0.5015
            wait_seconds_count{otel_scope_name="Test.Prometheus"} 3

            """,
            Encoding.UTF8.GetString(exporter.Written.Span));
    }

    [Fact]
    public void Export_OfOneNameInTwoMeters_WritesOneHeader()
    {
        using var first = new Meter("Test.Prometheus.First");
        using var second = new Meter("Test.Prometheus.Second");
        using var exporter = new PrometheusExporter(ResourceBuilder.CreateEmpty().Build());
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddMeter("Test.Prometheus.*").AddReader(new BaseExportingMetricReader(exporter)).Build();

        first.CreateCounter<long>("same").Add(1);
        first.CreateCounter<long>("between").Add(1);
        second.CreateCounter<long>("same").Add(2);
        Assert.True(exporter.Collect!(Timeout.Infinite));

        string text = Encoding.UTF8.GetString(exporter.Written.Span);
        Assert.Contains(
            "# TYPE same_total counter\nsame_total{otel_scope_name=\"Test.Prometheus.First\"} 1\nsame_total{otel_scope_name=\"Test.Prometheus.Second\"} 2\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_Twice_WritesCumulativeValues()
    {
        using var meter = new Meter("Test.Prometheus.Cumulative");
        using var exporter = new PrometheusExporter(ResourceBuilder.CreateEmpty().Build());
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddReader(new BaseExportingMetricReader(exporter)).Build();
        Counter<long> counter = meter.CreateCounter<long>("calls");

        counter.Add(1);
        Assert.True(exporter.Collect!(Timeout.Infinite));
        counter.Add(1);
        Assert.True(exporter.Collect!(Timeout.Infinite));

        Assert.Contains("calls_total{otel_scope_name=\"Test.Prometheus.Cumulative\"} 2\n", Encoding.UTF8.GetString(exporter.Written.Span), StringComparison.Ordinal);
    }
}
