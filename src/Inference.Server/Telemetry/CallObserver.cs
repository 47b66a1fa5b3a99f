using System.Collections.Frozen;
using System.Diagnostics;
using Grpc.Core;
using Inference.Server.Failures;
using Inference.Server.Services;
using Microsoft.AspNetCore.Http.Features;

namespace Inference.Server.Telemetry;

/// <summary>
/// Times every gRPC call and, when somebody listens, gives it a span. It stands before the gRPC server, so it also sees the calls that never reach a method:
/// unknown methods, messages over the limit, deadlines.
/// </summary>
internal sealed class CallObserver(RequestDelegate next, ServerMetrics metrics, TimeProvider time)
{
    /// <summary>Stands for methods that are not served, so that callers cannot make series.</summary>
    private static readonly CallTags Other = new("_OTHER");

    private static readonly FrozenDictionary<string, CallTags> Tags = ServedServices.MethodPaths()
        .ToFrozenDictionary(path => path, path => new CallTags(path[1..]), StringComparer.Ordinal);

    public Task InvokeAsync(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) && IsGrpc(context.Request.ContentType) ? ObserveAsync(context) : next(context);

    private static bool IsGrpc(string? contentType) => contentType is not null && contentType.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    private async Task ObserveAsync(HttpContext context)
    {
        CallTags tags = Tags.GetValueOrDefault(context.Request.Path.Value ?? "", Other);
        long start = time.GetTimestamp();
        metrics.CallStarted();
        using Activity? span = CallSpan.Start(context, tags);
        StatusCode status = StatusCode.Unknown;
        try
        {
            await next(context);
            status = StatusOf(context);
        }
        finally
        {
            metrics.CallEnded(tags, status, time.GetElapsedTime(start));
            CallSpan.Finish(span, status);
        }
    }

    /// <summary>The call's status: among the headers when nothing was sent before it, else among the trailers.</summary>
    private static StatusCode StatusOf(HttpContext context)
    {
        // A client that went away takes no status.
        string? text = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { } trailers && trailers.TryGetValue("grpc-status", out var trailer)
            ? trailer[0]
            : context.Response.Headers.TryGetValue("grpc-status", out var header) ? header[0] : context.RequestAborted.IsCancellationRequested ? "1" : null;
        return int.TryParse(text, out int code) ? (StatusCode)code : StatusCode.Unknown;
    }
}
