using System.Reflection;
using Inference.Recommendations;
using Inference.Server.Options;
using Inference.Server.Prometheus;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Inference.Server.Telemetry;

/// <summary>
/// Takes metrics to `/metrics` and, where an endpoint is configured, metrics and traces to OTLP (logs go by <see cref="LogExport"/>). Without an endpoint nothing listens for spans, so none is made.
/// </summary>
internal sealed class TelemetryPipeline : IDisposable
{
    /// <summary>The version of this build.</summary>
    public static readonly string Version =
        typeof(TelemetryPipeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Kestrel's memory pool is left out: it counts each block that is rented, several of them in every call.</summary>
    private static readonly string[] Meters = ["Inference.*", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Counts every request up and down again, with seven attributes, for the microseconds in which it waits for the thread pool; <c>dotnet.thread_pool.queue.length</c> says the same.</summary>
    internal const string LeftOut = "kestrel.queued_requests";

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    public TelemetryPipeline(TelemetryOptions options)
    {
        ResourceBuilder resource = OtlpTarget.Resource(options);
        bool hasOtlp = options.OtlpEndpoint.Length > 0, sendsMetrics = hasOtlp && options.OtlpMetrics, sendsTraces = hasOtlp && options.OtlpTraces;
        if (options.Prometheus || sendsMetrics)
        {
            MeterProviderBuilder metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddView(LeftOut, MetricStreamConfiguration.Drop).AddView(HistogramBounds.ViewOf);
            // Without traces there is nothing that an exemplar could name.
            metrics.SetExemplarFilter(sendsTraces && options.Exemplars ? ExemplarFilterType.TraceBased : ExemplarFilterType.AlwaysOff);
            SharedMetricExporter? shared = null;
            if (options.Prometheus)
            {
                var exporter = new PrometheusExporter(resource.Build());
                Prometheus = new PrometheusEndpoint(exporter);
                if (sendsMetrics && SharedMetricExporter.IsPossible)
                {
                    var otlp = new OtlpExporterOptions();
                    OtlpTarget.Configure(otlp, options, "v1/metrics");
                    shared = new SharedMetricExporter(otlp, exporter, options.ExportInterval);
                    metrics.AddReader(shared.Reader);
                }
                else
                {
                    metrics.AddReader(new BaseExportingMetricReader(exporter));
                }
            }

            if (sendsMetrics && shared is null)
            {
                metrics.AddOtlpExporter((otlp, reader) =>
                {
                    OtlpTarget.Configure(otlp, options, "v1/metrics");
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.ExportInterval.TotalMilliseconds;
                });
            }

            _metrics = metrics.Build();
            shared?.Start();
        }

        if (sendsTraces)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource("Inference.*")
                .SetSampler(new ParentBasedSampler(new CallSampler(options.TraceSampling)))
                .AddOtlpExporter(otlp => OtlpTarget.Configure(otlp, options, "v1/traces"))
                .Build();
        }
    }

    /// <summary>Answers /metrics; null when that is switched off.</summary>
    public PrometheusEndpoint? Prometheus { get; }

    /// <summary>Sends what has not been sent yet, and stops.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
        Prometheus?.Dispose();
    }
}
