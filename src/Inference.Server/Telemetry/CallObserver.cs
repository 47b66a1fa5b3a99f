using System.Collections.Frozen;
using System.Diagnostics;
using Grpc.Core;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Services;
using Microsoft.AspNetCore.Http.Features;

namespace Inference.Server.Telemetry;

/// <summary>
/// Times every gRPC call and, when somebody listens, gives it a span. It stands before the gRPC server, so it also sees the calls that never reach a method:
/// unknown methods, messages over the limit, deadlines; and those that <see cref="CallEntry"/> does not let in, which it answers.
/// </summary>
internal sealed class CallObserver(RequestDelegate next, CallEntry entry, ServerMetrics metrics, CallSpans spans, TimeProvider time)
{
    /// <summary>Stands for methods that are not served, so that callers cannot make series.</summary>
    private static readonly Served Other = new(new CallTags("_OTHER"), null);

    private static readonly FrozenDictionary<string, Served> Methods = ServedServices.MethodPaths()
        .ToFrozenDictionary(path => path, path => new Served(new CallTags(path[1..]), MethodRules.Find(path)), StringComparer.Ordinal);

    public Task InvokeAsync(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) && IsGrpc(context.Request.ContentType) ? ObserveAsync(context) : next(context);

    private static bool IsGrpc(string? contentType) => contentType is not null && contentType.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    private async Task ObserveAsync(HttpContext context)
    {
        (CallTags tags, MethodRule? rule) = Methods.GetValueOrDefault(context.Request.Path.Value ?? "", Other);
        long start = time.GetTimestamp();
        metrics.CallStarted();
        using Activity? span = spans.Start(context, tags);
        StatusCode status = StatusCode.Unknown;
        try
        {
            // What is not served is refused by the router, and needs neither role nor room.
            using Entrance entrance = rule is null ? default : await entry.EnterAsync(context, rule);
            if (entrance.Refusal is { } refusal)
            {
                status = refusal.Code;
                await GrpcRefusal.AnswerAsync(context, refusal);
                return;
            }

            Task answering = next(context);
            entrance.LeaveThread();
            await answering;
            status = StatusOf(context);
        }
        finally
        {
            metrics.CallEnded(tags, status, time.GetElapsedTime(start));
            CallSpans.Finish(span, status);
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

    private sealed record Served(CallTags Tags, MethodRule? Rule);
}
