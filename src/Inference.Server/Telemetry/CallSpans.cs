using System.Diagnostics;
using Grpc.Core;
using Inference.Server.Failures;
using Inference.Server.Options;

namespace Inference.Server.Telemetry;

/// <summary>
/// The spans of whole calls. Whether a call is traced is decided before anything is made for it: by the caller's own decision, where its `traceparent` states one, else by the share of
/// <see cref="TelemetryOptions.TraceSampling"/>. All that happens below asks only whether there is a recorded span.
/// </summary>
internal sealed class CallSpans(TelemetryOptions options)
{
    private static readonly ActivitySource Activities = new("Inference.Server");

    /// <summary>Begins a span under the caller's; null where nobody listens or the call is not chosen.</summary>
    public Activity? Start(HttpContext context, CallTags tags)
    {
        if (!Activities.HasListeners())
            return null;
        // W3C Trace Context; what cannot be read is a call without a parent.
        string? sent = context.Request.Headers.TraceParent;
        ActivityContext parent = default;
        bool hasParent = sent is not null && ActivityContext.TryParse(sent, context.Request.Headers.TraceState, isRemote: true, out parent);
        if (hasParent ? (parent.TraceFlags & ActivityTraceFlags.Recorded) == 0 : Random.Shared.NextDouble() >= options.TraceSampling)
            return null;
        // The framework may have an activity of its own, which nobody records.
        Activity.Current = null;
        return Activities.StartActivity(tags.Method, ActivityKind.Server, parent, tags.OfSpan);
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
