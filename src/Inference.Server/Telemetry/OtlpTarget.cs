using Inference.Server.Options;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;

namespace Inference.Server.Telemetry;

/// <summary>Where the three signals go by OTLP, and in whose name.</summary>
internal static class OtlpTarget
{
    /// <summary>What the signals are about: service, version and instance, and what OTEL_RESOURCE_ATTRIBUTES adds.</summary>
    public static ResourceBuilder Resource(TelemetryOptions options) =>
        ResourceBuilder.CreateDefault().AddService(options.ServiceName, serviceVersion: TelemetryPipeline.Version, autoGenerateServiceInstanceId: false, serviceInstanceId: InstanceId);

    /// <summary>One process is one instance to all signals.</summary>
    private static string InstanceId { get; } = Guid.NewGuid().ToString();

    /// <param name="httpPath">The signal's path: "v1/traces", "v1/metrics" or "v1/logs".</param>
    public static void Configure(OtlpExporterOptions otlp, TelemetryOptions options, string httpPath)
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
