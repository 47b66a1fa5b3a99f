using System.Diagnostics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Slates of surfaces: several retrievers side by side, each within its budget and quota, and their fusion.
/// <list type="number">
/// <item>The plan of the surface for this snapshot; what the bundle does not have is labelled, once.</item>
/// <item>What is known; the user tower begins, where a retriever waits for it.</item>
/// <item>On the request's thread, one after another, the retrievers that do not wait for it. One whose turn comes too late, that is known to take longer than there is time, or that fails, is left out.</item>
/// <item>The tower's answer, and those that waited. The time for which nothing but the tower was waited for is not theirs: they have what those before them left. One that asks another process is asked first, and
/// its answer is taken when the others are through.</item>
/// <item>Fusion; the best of the candidates fill the slate, each with the source that has the largest part.</item>
/// </list>
/// Nothing runs on threads of its own: a retriever takes some tens of microseconds, less than handing it over would under load.
/// </summary>
internal sealed class SurfaceSlates(
    UserEmbeddings embeddings, ContextRecall contexts, IndexSearches searches, EmbeddingSearch search, FusedSlates fused, IVectorEngine? engine, RecommendationMetrics metrics, TimeProvider time,
    ILogger<SurfaceSlates> log)
{
    /// <summary>How long all retrievers may take together where no model says how long.</summary>
    private static readonly TimeSpan WholeBudget = TimeSpan.FromMilliseconds(20), BulkBudget = TimeSpan.FromSeconds(1);

    private readonly UserVectors _vectors = new(embeddings, metrics, time);
    private readonly SurfacePlans _plans = new(search, engine);
    private readonly SurfaceFusing _fusing = new(fused, metrics, time);

    /// <summary>Fills the free places of the slate.</summary>
    /// <returns>What the main evidence was.</returns>
    public async ValueTask<Rung> FillAsync(
        Snapshot snapshot, Surface surface, RecommendQuery query, KnownUser user, FeatureSet features, History history,
        Eligibility eligible, Slate slate, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        // :: Step 1 the plan
        bool hasPassed = PassedItems.IsAny(user.State);
        FusedScorer? scorer = snapshot.ScorerFor(history.Known.Span, hasPassed);
        SurfacePlan plan = _plans.Of(snapshot, surface, scorer);
        if (plan.Missing.Length > 0)
            degraded.Add(Components.Retrievers, DegradationReason.Unavailable, plan.Missing);

        // :: Step 2 what is known
        int events = scorer?.EventsOf(history.Known.Span) ?? history.Known.Length;
        using Recalled recalled = scorer is null ? default : await contexts.ExchangeAsync(snapshot, scorer, query, user, features, events, budget, cancellationToken);
        bool isKnown = events > 0 || history.Count > 0 || snapshot.Context.ReadsAny(features) || hasPassed || recalled.IsSet;
        SurfaceRun run = plan.Rent();
        try
        {
            using Activity? span = Spans.Begin(Log.Activities, "retrieval");
            TimeSpan whole = BudgetOf(scorer, query);
            run.Begin();
            run.Input.Begin(snapshot, searches, scorer, query, user, features, history, eligible, budget, degraded, time.GetUtcNow());
            run.Input.Remembered = recalled.Memory;
            for (int i = 0; i < plan.Retrievers.Length; i++)
                run.IsIn[i] = (plan.Retrievers[i].Kinds & query.Retrievers) != 0;
            (bool own, bool ofContext) = isKnown && plan.NeedsTower && query.Retrievers.HasFlag(Retrievers.Towers) ? Wanted(scorer, user, history, events) : default;
            ValueTask<UserVectors.Answer> asking = own || ofContext
                ? _vectors.FindAsync(snapshot, scorer, own, ofContext, query, user, features, history, budget, degraded, slate.Retrievers is not null, cancellationToken)
                : default;

            // :: Step 3 those that do not wait for the tower
            long begun = time.GetTimestamp();
            run.Input.Clock = ClockFrom(begun, budget.Left(whole));
            try
            {
                await FindAsync(plan, run, waitsForTower: false, cancellationToken);
            }
            catch
            {
                // Nobody waits for the tower any more, and it may still read the history.
                history.Abandon();
                _ = LetGoAsync(asking);
                throw;
            }

            // :: Step 4 those that do
            whole -= time.GetElapsedTime(begun);
            using UserVectors.Answer answer = await asking;
            run.Input.Clock = ClockFrom(time.GetTimestamp(), budget.Left(whole));
            if (answer.Own is not null)
                run.Input.Own = answer.Own.Memory;
            run.Input.Context = answer.Context;
            slate.KeepVector((run.Input.Embedding.IsEmpty ? run.Input.Context : run.Input.Embedding).Span);
            await FindAsync(plan, run, waitsForTower: true, cancellationToken);
            Label(snapshot, plan, run, degraded);

            // :: Step 5 fusion
            var known = new SurfaceFusing.Known(isKnown, events, user.State, answer.Own, answer.IsMissing);
            if (slate.Retrievers is not null)
                known = known with { TowerTimes = (answer.OfHistory, answer.OfContext), Tower = RetrieverOutcomes.Of(Components.UserTower, degraded) };
            return _fusing.Fill(plan, run, known, slate);
        }
        finally
        {
            plan.Return(run);
        }
    }

    private static TimeSpan BudgetOf(FusedScorer? scorer, RecommendQuery query) => query.Priority == WorkPriority.Bulk ? scorer?.Options.BulkBudget ?? BulkBudget : scorer?.Options.Budget ?? WholeBudget;

    private FusionClock ClockFrom(long start, TimeSpan left) => new(time, start + (long)(left.TotalSeconds * time.TimestampFrequency));

    private static async Task LetGoAsync(ValueTask<UserVectors.Answer> asking)
    {
        try
        {
            (await asking).Dispose();
        }
        catch (OperationCanceledException)
        {
            // It gave up with its caller.
        }
    }

    /// <summary>What is asked of the user tower: as the model needs it; without one, as the ladder does.</summary>
    private static (bool Own, bool OfContext) Wanted(FusedScorer? scorer, KnownUser user, History history, int events)
    {
        if (scorer is null)
            return (UserEmbeddings.RungFor(user.State, history.Known.Length) is not null, false);
        return events > 0
            ? (scorer.Model.NeedsEmbedding(events, ofContext: false), scorer.Model.NeedsEmbedding(events, ofContext: true))
            : (false, true);
    }

    private async ValueTask FindAsync(SurfacePlan plan, SurfaceRun run, bool waitsForTower, CancellationToken cancellationToken)
    {
        if (plan.HasRemote)
            AskRemote(plan, run, waitsForTower, cancellationToken);
        try
        {
            for (int i = 0; i < plan.Retrievers.Length; i++)
            {
                Retriever retriever = plan.Retrievers[i];
                if (!run.IsIn[i] || retriever.IsRemote || retriever.NeedsTower != waitsForTower || !Begins(plan, run, i, out long start, out _))
                    continue;
                try
                {
                    Take(run, i, await FindAsync(retriever, run, i, cancellationToken));
                }
                catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                {
                    Fail(run, i, e);
                }

                End(plan, run, i, start);
            }
        }
        finally
        {
            // Also where the caller gave up: an answer that comes later would be written into the next request's memory.
            if (plan.HasRemote)
                await TakeRemoteAsync(plan, run);
        }

        if (plan.HasRemote)
            cancellationToken.ThrowIfCancellationRequested();
    }

    private void AskRemote(SurfacePlan plan, SurfaceRun run, bool waitsForTower, CancellationToken cancellationToken)
    {
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            Retriever retriever = plan.Retrievers[i];
            if (!run.IsIn[i] || !retriever.IsRemote || retriever.NeedsTower != waitsForTower || !Begins(plan, run, i, out run.Ticks[i], out double left))
                continue;
            run.Input.Patience = TimeSpan.FromSeconds(Math.Min(left, plan.Settings[i].Budget.TotalSeconds));
            run.Asked[i] = FindAsync(retriever, run, i, cancellationToken).AsTask();
        }
    }

    /// <summary>Lets one search, in a span of its own. What it throws at once is in the task, too.</summary>
    private static async ValueTask<int> FindAsync(Retriever retriever, SurfaceRun run, int place, CancellationToken cancellationToken)
    {
        using Activity? span = Spans.Begin(Log.Activities, "retriever");
        span?.SetTag("recsys.retriever", TagOf(retriever));
        try
        {
            int found = await retriever.FindAsync(run.Input, run.Scratch[place], run.PlacesOf(place), cancellationToken);
            span.Ended(found == Retriever.Silent ? "silent" : "ok");
            span?.SetTag("recsys.retriever.candidates", Math.Max(found, 0));
            return found;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            span.Failed("failed", e);
            throw;
        }
    }

    private async ValueTask TakeRemoteAsync(SurfacePlan plan, SurfaceRun run)
    {
        for (int i = 0; i < run.Asked.Length; i++)
        {
            if (run.Asked[i] is not { } asked)
                continue;
            run.Asked[i] = null;
            try
            {
                Take(run, i, await asked);
            }
            catch (Exception e)
            {
                Fail(run, i, e);
            }

            End(plan, run, i, run.Ticks[i]);
        }
    }

    /// <summary>A retriever's name in metrics and spans.</summary>
    private static string TagOf(Retriever retriever) => retriever.Name == SurfaceRetriever.Learned ? SurfaceRetriever.Learned : retriever.Source;

    /// <summary>Whether there is time for a retriever; if not, it is late.</summary>
    private bool Begins(SurfacePlan plan, SurfaceRun run, int retriever, out long start, out double left)
    {
        FusionClock clock = run.Input.Clock;
        start = clock.Now;
        left = clock.LeftAt(start);
        double budget = plan.Settings[retriever].Budget.TotalSeconds;
        if (!(left > 0 && plan.Times.Fits(retriever, left, budget)))
        {
            run.Outcomes[retriever] = RetrieverOutcome.Late;
            return false;
        }

        run.Input.EnoughAt = clock.IsSet ? start + (long)(Math.Min(budget, left) * time.TimestampFrequency / 2) : long.MaxValue;
        return true;
    }

    private static void Take(SurfaceRun run, int retriever, int found)
    {
        run.Counts[retriever] = Math.Max(found, 0);
        run.Outcomes[retriever] = found == Retriever.Silent ? RetrieverOutcome.Silent : RetrieverOutcome.Ok;
    }

    private static void Fail(SurfaceRun run, int retriever, Exception e)
    {
        run.Failures[retriever] = e;
        run.Outcomes[retriever] = e is StoreException { Failure: StoreFailure.Timeout } ? RetrieverOutcome.Late : RetrieverOutcome.Failed;
    }

    private static void End(SurfacePlan plan, SurfaceRun run, int retriever, long start)
    {
        FusionClock clock = run.Input.Clock;
        run.Ticks[retriever] = clock.Now - start;
        // One that knew nothing, or failed, was quick and says nothing of how long it takes; a remote one that was given up says enough.
        if (run.Outcomes[retriever] is RetrieverOutcome.Ok or RetrieverOutcome.Late)
            plan.Times.Ran(retriever, clock.SecondsOf(run.Ticks[retriever]));
    }

    private void Label(Snapshot snapshot, SurfacePlan plan, SurfaceRun run, Degradations degraded)
    {
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            if (!run.IsIn[i])
                continue;
            Retriever retriever = plan.Retrievers[i];
            string tag = TagOf(retriever);
            if (run.Scratch[i].Warning is { } warning)
                degraded.Add(tag, DegradationReason.Unavailable, warning);
            string component = tag == Sources.Towers ? Components.UserTower : tag;
            switch (run.Outcomes[i])
            {
                case RetrieverOutcome.Late:
                    metrics.RetrieverDropped(tag, "timeout");
                    degraded.Add(component, DegradationReason.Timeout, $"No time was left for the retriever '{retriever.Name}'; the others answered.");
                    break;
                case RetrieverOutcome.Failed when run.Failures[i] is StoreException away:
                    // Whoever holds the connection has logged it, once.
                    metrics.RetrieverDropped(tag, "failed");
                    degraded.Add(component, DegradationReason.Unavailable, $"The retriever '{retriever.Name}' could not be asked ({away.Failure.ToString().ToLowerInvariant()}); the others answered.");
                    break;
                case RetrieverOutcome.Failed:
                    Log.RetrieverFailed(log, retriever.Name, snapshot.Model.FullVersion, run.Failures[i]);
                    metrics.RetrieverDropped(tag, "failed");
                    degraded.Add(component, DegradationReason.Failed, $"The retriever '{retriever.Name}' failed; the others answered.");
                    break;
                case RetrieverOutcome.Silent:
                    metrics.RetrieverDropped(tag, "silent");
                    break;
                default:
                    metrics.Retrieved(tag, time.GetElapsedTime(0, run.Ticks[i]), run.Counts[i]);
                    break;
            }
        }
    }
}
