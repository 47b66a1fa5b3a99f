using System.Diagnostics;

namespace Inference.Towers.Batching;

/// <summary>Spans of runs: one for each traced call of a batch, under the call's own. What lies between the beginnings of both is the wait for a turn.</summary>
/// <param name="name">Of the tower, as metrics have it.</param>
internal readonly struct RunSpan(string name)
{
    /// <summary>Writes the span of a run that has ended.</summary>
    /// <param name="caller">The call's span.</param>
    /// <param name="ended">When the run ended.</param>
    /// <param name="waited">How long the call waited for its turn.</param>
    /// <param name="ran">How long the batch took.</param>
    /// <param name="rows">Rows of the batch, of all its calls; 0 for a run of one call's own.</param>
    public void Write(Activity caller, DateTimeOffset ended, TimeSpan waited, TimeSpan ran, int rows)
    {
        using Activity? span = Log.Activities.StartActivity("tower_run", ActivityKind.Internal, caller.Context, startTime: ended - ran);
        if (span is null)
            return;
        span.SetTag("tower", name).SetTag("recsys.tower.queue.wait", waited.TotalSeconds);
        if (rows > 0)
            span.SetTag("recsys.tower.batch.rows", rows);
        span.SetEndTime(ended.UtcDateTime);
    }
}
