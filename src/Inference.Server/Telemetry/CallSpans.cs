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

    private ulong _draws;

    /// <summary>Begins a span under the caller's; null where nobody listens or the call is not chosen.</summary>
    public Activity? Start(HttpContext context, CallTags tags)
    {
        if (!Activities.HasListeners())
            return null;
        // W3C Trace Context; what cannot be read is a call without a parent.
        string? sent = context.Request.Headers.TraceParent;
        ActivityContext parent = default;
        bool hasParent = sent is not null && ActivityContext.TryParse(sent, context.Request.Headers.TraceState, isRemote: true, out parent);
        if (hasParent ? (parent.TraceFlags & ActivityTraceFlags.Recorded) == 0 : !IsDrawn())
            return null;
        // The framework may have an activity of its own, which nobody records.
        Activity.Current = null;
        return Activities.StartActivity(tags.Method, ActivityKind.Server, parent, tags.OfSpan);
    }

    /// <summary>Draws from a sequence that can be replayed (splitmix64, Steele et al. 2014).</summary>
    private bool IsDrawn()
    {
        ulong draw = Interlocked.Add(ref _draws, 0x9E3779B97F4A7C15);
        draw = (draw ^ (draw >> 30)) * 0xBF58476D1CE4E5B9;
        draw = (draw ^ (draw >> 27)) * 0x94D049BB133111EB;
        return ((draw ^ (draw >> 31)) >> 11) / (double)(1UL << 53) < options.TraceSampling;
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
