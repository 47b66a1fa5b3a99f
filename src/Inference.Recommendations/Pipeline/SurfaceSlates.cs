using System.Diagnostics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
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
/// <item>The tower's answer, and those that waited.</item>
/// <item>Fusion; the best of the candidates fill the slate, each with the source that has the largest part.</item>
/// </list>
/// Nothing runs on threads of its own: a retriever takes some tens of microseconds, less than handing it over would under load.
/// </summary>
internal sealed class SurfaceSlates(
    UserEmbeddings embeddings, ContextRecall contexts, IndexSearches searches, EmbeddingSearch search, FusedSlates fused, RecommendationMetrics metrics, TimeProvider time, ILogger<SurfaceSlates> log)
{
    /// <summary>How long all retrievers may take together where no model says how long.</summary>
    private static readonly TimeSpan WholeBudget = TimeSpan.FromMilliseconds(20);

    private readonly UserVectors _vectors = new(embeddings, metrics, time);
    private readonly SurfacePlans _plans = new(search);
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
            long until = time.GetTimestamp() + (long)(budget.Left(scorer?.Options.Budget ?? WholeBudget).TotalSeconds * time.TimestampFrequency);
            run.Begin();
            run.Input.Begin(snapshot, searches, scorer, query, user, features, history, eligible, new FusionClock(time, until), budget, degraded, time.GetUtcNow());
            run.Input.Remembered = recalled.Memory;
            for (int i = 0; i < plan.Retrievers.Length; i++)
                run.IsIn[i] = (plan.Retrievers[i].Kinds & query.Retrievers) != 0;
            (bool own, bool ofContext) = isKnown && plan.NeedsTower && query.Retrievers.HasFlag(Retrievers.Towers) ? Wanted(scorer, user, history, events) : default;
            ValueTask<UserVectors.Answer> asking = own || ofContext
                ? _vectors.FindAsync(snapshot, scorer, own, ofContext, query, user, features, history, budget, degraded, slate.Retrievers is not null, cancellationToken)
                : default;

            // :: Step 3 those that do not wait for the tower
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
            using UserVectors.Answer answer = await asking;
            if (answer.Own is not null)
                run.Input.Own = answer.Own.Memory;
            run.Input.Context = answer.Context;
            slate.KeepVector(run.Input.Embedding.Span);
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
        FusionClock clock = run.Input.Clock;
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            Retriever retriever = plan.Retrievers[i];
            if (!run.IsIn[i] || retriever.NeedsTower != waitsForTower)
                continue;
            long start = clock.Now;
            double left = clock.LeftAt(start);
            if (!(left > 0 && plan.Times.Fits(i, left, plan.Settings[i].Budget.TotalSeconds)))
            {
                run.Outcomes[i] = RetrieverOutcome.Late;
                continue;
            }

            using Activity? span = Spans.Begin(Log.Activities, "retriever");
            span?.SetTag("recsys.retriever", TagOf(retriever));
            run.Input.EnoughAt = clock.IsSet ? start + (long)(Math.Min(plan.Settings[i].Budget.TotalSeconds, left) * time.TimestampFrequency / 2) : long.MaxValue;
            try
            {
                int found = await retriever.FindAsync(run.Input, run.Scratch[i], run.PlacesOf(i), cancellationToken);
                run.Counts[i] = Math.Max(found, 0);
                run.Outcomes[i] = found == Retriever.Silent ? RetrieverOutcome.Silent : RetrieverOutcome.Ok;
                span.Ended(found == Retriever.Silent ? "silent" : "ok");
                span?.SetTag("recsys.retriever.candidates", run.Counts[i]);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                run.Failures[i] = e;
                run.Outcomes[i] = RetrieverOutcome.Failed;
                span.Failed("failed", e);
            }

            run.Ticks[i] = clock.Now - start;
            // One that knew nothing, or failed, was quick and says nothing of how long it takes.
            if (run.Outcomes[i] == RetrieverOutcome.Ok)
                plan.Times.Ran(i, clock.SecondsOf(run.Ticks[i]));
        }
    }

    /// <summary>A retriever's name in metrics and spans.</summary>
    private static string TagOf(Retriever retriever) => retriever.Name == SurfaceRetriever.Learned ? SurfaceRetriever.Learned : retriever.Source;

    private void Label(Snapshot snapshot, SurfacePlan plan, SurfaceRun run, Degradations degraded)
    {
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            if (!run.IsIn[i])
                continue;
            Retriever retriever = plan.Retrievers[i];
            string tag = TagOf(retriever);
            string component = tag == Sources.Towers ? Components.UserTower : tag;
            switch (run.Outcomes[i])
            {
                case RetrieverOutcome.Late:
                    metrics.RetrieverDropped(tag, "timeout");
                    degraded.Add(component, DegradationReason.Timeout, $"No time was left for the retriever '{retriever.Name}'; the others answered.");
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
