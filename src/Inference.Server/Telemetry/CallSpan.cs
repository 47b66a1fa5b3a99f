using System.Diagnostics;
using Grpc.Core;
using Inference.Server.Failures;

namespace Inference.Server.Telemetry;

/// <summary>The spans of whole calls.</summary>
internal static class CallSpan
{
    private static readonly ActivitySource Activities = new("Inference.Server");

    /// <summary>Begins a span under the caller's; null when nobody listens.</summary>
    public static Activity? Start(HttpContext context, CallTags tags)
    {
        if (!Activities.HasListeners())
            return null;
        // W3C Trace Context; what cannot be read is a call without a parent.
        ActivityContext.TryParse(context.Request.Headers.TraceParent, context.Request.Headers.TraceState, isRemote: true, out ActivityContext parent);
        Activity? span = Activities.StartActivity(tags.Method, ActivityKind.Server, parent);
        return span?.SetTag("rpc.system.name", tags.System).SetTag("rpc.method", tags.Method);
    }

    /// <summary>Says how the call ended; the caller disposes the span.</summary>
    public static void Finish(Activity? span, StatusCode status)
    {
        if (span is null)
            return;
        string name = StatusNames.Of(status);
        span.SetTag("rpc.status_code", name);
        if (!CallTags.IsServerError(status))
            return;
        span.SetTag("error.type", name);
        span.SetStatus(ActivityStatusCode.Error);
    }
}
