using Grpc.Core;

namespace Inference.Server.Failures;

/// <summary>gRPC status codes as the specification writes them: "INVALID_ARGUMENT".</summary>
internal static class StatusNames
{
    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary>The name; UNKNOWN for a number that is no code.</summary>
    public static string Of(StatusCode status) => (uint)status < (uint)Names.Length ? Names[(int)status] : "UNKNOWN";
}
