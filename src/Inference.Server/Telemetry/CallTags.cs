using Grpc.Core;
using Inference.Server.Failures;

namespace Inference.Server.Telemetry;

/// <summary>The attributes of one method's calls, made once for each status, so that recording a call allocates nothing.</summary>
internal sealed class CallTags
{
    private readonly KeyValuePair<string, object?>[][] _byStatus;

    /// <param name="method">"package.Service/Method".</param>
    /// <param name="system">How it was called: "grpc", or "http_json".</param>
    public CallTags(string method, string system = "grpc")
    {
        Method = method;
        System = system;
        OfSpan = [new("rpc.system.name", system), new("rpc.method", method)];
        _byStatus = new KeyValuePair<string, object?>[(int)StatusCode.Unauthenticated + 1][];
        for (int code = 0; code < _byStatus.Length; code++)
        {
            string name = StatusNames.Of((StatusCode)code);
            // In the order of their names, as the SDK wants them.
            List<KeyValuePair<string, object?>> tags = [new("rpc.method", method), new("rpc.status_code", name), new("rpc.system.name", system)];
            if (IsServerError((StatusCode)code))
                tags.Insert(0, new("error.type", name));
            _byStatus[code] = [.. tags];
        }
    }

    /// <summary>"package.Service/Method".</summary>
    public string Method { get; }

    /// <summary>What is known of a call when it begins.</summary>
    public KeyValuePair<string, object?>[] OfSpan { get; }

    /// <summary>How the method was called.</summary>
    public string System { get; }

    public ReadOnlySpan<KeyValuePair<string, object?>> For(StatusCode status) => _byStatus[(uint)status < (uint)_byStatus.Length ? (int)status : (int)StatusCode.Unknown];

    /// <summary>Codes for which the server, not the caller, is to blame (OpenTelemetry semantic conventions for gRPC servers).</summary>
    public static bool IsServerError(StatusCode status) => status
        is StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Unimplemented or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DataLoss;
}
