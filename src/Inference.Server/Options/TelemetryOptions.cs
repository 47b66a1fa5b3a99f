using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Options;

/// <summary>Where metrics, traces and logs go.</summary>
public sealed class TelemetryOptions : IValidatableObject
{
    /// <summary>Protocol name for OTLP over gRPC.</summary>
    public const string Grpc = "grpc";

    /// <summary>Protocol name for OTLP over HTTP with protobuf bodies.</summary>
    public const string HttpProtobuf = "http/protobuf";

    /// <summary>Whether `/metrics` serves the metrics as Prometheus text.</summary>
    /// <value>true or false; default true.</value>
    public bool Prometheus { get; set; } = true;

    /// <summary>Where metrics, traces and logs are sent by OTLP.</summary>
    /// <value>An http or https URL, for example "http://127.0.0.1:4317"; default "", which sends nothing. OTEL_EXPORTER_OTLP_ENDPOINT sets it too.</value>
    public string OtlpEndpoint { get; set; } = "";

    /// <summary>How they are sent.</summary>
    /// <value>"grpc" or "http/protobuf"; default "grpc".</value>
    [AllowedValues(Grpc, HttpProtobuf)]
    public string OtlpProtocol { get; set; } = Grpc;

    /// <summary>Headers that are sent with them, for example a key.</summary>
    /// <value>"name=value" pairs, separated by commas; default "".</value>
    [DataType(DataType.Password)]
    public string OtlpHeaders { get; set; } = "";

    /// <summary>Whether metrics are sent by OTLP, where there is an endpoint.</summary>
    /// <value>true or false; default true.</value>
    public bool OtlpMetrics { get; set; } = true;

    /// <summary>Whether traces are.</summary>
    /// <value>true or false; default true.</value>
    public bool OtlpTraces { get; set; } = true;

    /// <summary>Whether logs are, beside the console.</summary>
    /// <value>true or false; default true.</value>
    public bool OtlpLogs { get; set; } = true;

    /// <summary>Whether buckets and counters name a trace that fell into them, by OTLP and in the OpenMetrics text of `/metrics`. Only traced calls can be named.</summary>
    /// <value>true or false; default true.</value>
    public bool Exemplars { get; set; } = true;

    /// <summary>NVIDIA's management library, which tells of the GPUs of the machine (`hw.gpu.*`).</summary>
    /// <value>A file or a name that the system's loader knows; default "libnvidia-ml.so.1"; "" measures no GPU. Where it is missing there are no such metrics.</value>
    public string NvmlLibrary { get; set; } = "libnvidia-ml.so.1";

    /// <summary>How often metrics are sent by OTLP.</summary>
    /// <value>00:00:01 to 00:10:00; default 00:00:15.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ExportInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Share of calls that are traced where the caller has not decided; a caller's own decision is kept.</summary>
    /// <value>0 to 1; default 0.01. Without OtlpEndpoint nothing is traced.</value>
    [Range(0.0, 1.0)]
    public double TraceSampling { get; set; } = 0.01;

    /// <summary>The service's name in metrics, traces and logs.</summary>
    /// <value>Not empty; default "inference-server".</value>
    [Required]
    public string ServiceName { get; set; } = "inference-server";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OtlpEndpoint.Length > 0 && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"))
            yield return new ValidationResult("it must be an http or https URL, for example 'http://127.0.0.1:4317'", [nameof(OtlpEndpoint)]);
    }
}
