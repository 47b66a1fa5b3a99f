using System.Diagnostics;

namespace Inference.Recommendations;

/// <summary>
/// Spans below the span of a call. Whether a call is traced is decided once, where it comes in; here a span begins only inside one that is recorded, so that the parts of all other calls cost a look at the
/// current activity and allocate nothing. Attributes are closed sets and figures, never ids.
/// </summary>
public static class Spans
{
    /// <summary>What became of the part.</summary>
    public const string Outcome = "recsys.outcome";

    /// <summary>Whether a span would begin here.</summary>
    public static bool AreWanted(ActivitySource source) => source.HasListeners() && Activity.Current is { Recorded: true, IsStopped: false };

    /// <summary>Begins a span under the current one; null where that is not recorded, or nobody listens.</summary>
    public static Activity? Begin(ActivitySource source, string name, ActivityKind kind = ActivityKind.Internal) => AreWanted(source) ? source.StartActivity(name, kind) : null;

    /// <summary>Says what became of the part.</summary>
    /// <param name="outcome">As the part's metrics have it; "ok" for what was wanted.</param>
    public static void Ended(this Activity? span, string outcome) => span?.SetTag(Outcome, outcome);

    /// <summary>Says that the part failed, by the type of the exception: its message may name keys.</summary>
    public static void Failed(this Activity? span, string outcome, Exception? exception = null)
    {
        if (span is null)
            return;
        span.SetTag(Outcome, outcome);
        span.SetTag("error.type", exception?.GetType().FullName ?? outcome);
        span.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>Notes what made the answer less than it could have been.</summary>
    internal static void Degraded(this Activity span, string component, string reason) =>
        span.AddEvent(new ActivityEvent("degraded", tags: new ActivityTagsCollection([new("recsys.component", component), new("recsys.reason", reason)])));

    /// <summary>Notes what became of a source of a fused model.</summary>
    /// <param name="duration">Zero where it did not run.</param>
    internal static void Source(this Activity? span, string kind, string outcome, TimeSpan duration) =>
        span?.AddEvent(new ActivityEvent("source", tags: new ActivityTagsCollection([new("recsys.source", kind), new(Outcome, outcome), new("recsys.duration", duration.TotalSeconds)])));
}
