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
/// Takes metrics to `/metrics` and, where an endpoint is configured, metrics and traces to OTLP. Without an endpoint nothing listens for spans, so none is made.
/// </summary>
internal sealed class TelemetryPipeline : IDisposable
{
    /// <summary>The version of this build.</summary>
    public static readonly string Version =
        typeof(TelemetryPipeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private static readonly string[] Meters =
        ["Inference.*", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.MemoryPool"];

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    public TelemetryPipeline(TelemetryOptions options)
    {
        ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService(options.ServiceName, serviceVersion: Version);
        bool hasOtlp = options.OtlpEndpoint.Length > 0;
        if (options.Prometheus || hasOtlp)
        {
            MeterProviderBuilder metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddView(HistogramBounds.ViewOf);
            if (options.Prometheus)
            {
                var exporter = new PrometheusExporter();
                Prometheus = new PrometheusEndpoint(exporter);
                metrics.AddReader(new BaseExportingMetricReader(exporter));
            }

            if (hasOtlp)
            {
                metrics.AddOtlpExporter((otlp, reader) =>
                {
                    Configure(otlp, options, "v1/metrics");
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.ExportInterval.TotalMilliseconds;
                });
            }

            _metrics = metrics.Build();
        }

        if (hasOtlp)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource("Inference.*")
                .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceSampling)))
                .AddOtlpExporter(otlp => Configure(otlp, options, "v1/traces"))
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

    private static void Configure(OtlpExporterOptions otlp, TelemetryOptions options, string httpPath)
    {
        bool isGrpc = options.OtlpProtocol == TelemetryOptions.Grpc;
        otlp.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        // An endpoint that is set in code is taken as it is, so the path of each signal is added here.
        var endpoint = new Uri(options.OtlpEndpoint);
        otlp.Endpoint = isGrpc || endpoint.AbsolutePath.EndsWith(httpPath, StringComparison.Ordinal) ? endpoint : new Uri($"{options.OtlpEndpoint.TrimEnd('/')}/{httpPath}");
        if (options.OtlpHeaders.Length > 0)
            otlp.Headers = options.OtlpHeaders;
    }
}
