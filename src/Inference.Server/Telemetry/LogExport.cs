using Inference.Server.Options;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;

namespace Inference.Server.Telemetry;

/// <summary>Sends what is logged by OTLP, beside the console: message, template values, exception, and the ids of the trace in which it was logged.</summary>
internal static class LogExport
{
    public static void Add(ILoggingBuilder logging, TelemetryOptions options)
    {
        if (options.OtlpEndpoint.Length == 0 || !options.OtlpLogs)
            return;
        logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.SetResourceBuilder(OtlpTarget.Resource(options));
            logs.AddOtlpExporter(otlp => OtlpTarget.Configure(otlp, options, "v1/logs"));
        });
    }
}
