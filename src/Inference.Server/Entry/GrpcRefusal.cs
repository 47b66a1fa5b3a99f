using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Inference.Server.Failures;

namespace Inference.Server.Entry;

/// <summary>
/// Answers a gRPC request with nothing but a status, before the gRPC server has seen it: one block of headers that ends the stream ("Trailers-Only"). What a failure that is told often looks like is made once.
/// Source: gRPC, doc/PROTOCOL-HTTP2.md, "Responses".
/// </summary>
internal static class GrpcRefusal
{
    private static readonly ConditionalWeakTable<Failure, Headers> Made = [];

    /// <param name="http">A request of which nothing was answered yet.</param>
    /// <param name="failure">Why there is no other answer.</param>
    public static Task AnswerAsync(HttpContext http, Failure failure)
    {
        Headers made = Made.GetValue(failure, static failure => new Headers(failure));
        HttpResponse response = http.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers.GrpcStatus = made.Status;
        response.Headers.GrpcMessage = made.Message;
        response.Headers["grpc-status-details-bin"] = made.Details;
        // What clients with a retry policy wait for instead of their own backoff (gRPC proposal A6, "Pushback").
        if (made.Pushback is not null)
            response.Headers["grpc-retry-pushback-ms"] = made.Pushback;
        return response.CompleteAsync();
    }

    private sealed class Headers(Failure failure)
    {
        public string Status { get; } = ((int)failure.Code).ToString(CultureInfo.InvariantCulture);

        /// <summary>Percent-encoded; what that encodes beyond need reads the same.</summary>
        public string Message { get; } = Uri.EscapeDataString(failure.Message).Replace("%20", " ", StringComparison.Ordinal);

        public string? Pushback { get; } = failure.RetryDelay is { } delay ? ((long)Math.Ceiling(delay.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture) : null;

        /// <summary>Base64 without padding.</summary>
        public string Details { get; } = Convert.ToBase64String(failure.ToRpcStatus().ToByteArray()).TrimEnd('=');
    }
}
