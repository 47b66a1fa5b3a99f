using System.Diagnostics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// The ladder of a snapshot with a fused model: instead of the first rung that can answer, all that is known answers together.
/// <list type="number">
/// <item>Nothing is known, nothing was passed over, and there is no context, now or remembered: popularity, and no model runs.</item>
/// <item>The embedding of features and history, kept or from the tower; that of the features alone, where a source counts that takes it.</item>
/// <item>The sources score the catalogue, and what may be shown of the best fills the slate. Items that came after the bundle are scored by the towers alone.</item>
/// <item>Each place names the source with the largest part; the rung is what the main evidence was.</item>
/// </list>
/// A tower that is late or fails, and a source that does, are left out and labelled.
/// </summary>
internal sealed class FusedSlates(IndexSearches searches, UserEmbeddings embeddings, ContextRecall contexts, RecommendationMetrics metrics, TimeProvider time, ILogger<FusedSlates> log)
{
    private readonly UserVectors _vectors = new(embeddings, metrics, time);

    /// <summary>Fills the free places of the slate.</summary>
    /// <returns>What the main evidence was.</returns>
    public async ValueTask<Rung> FillAsync(
        Snapshot snapshot, FusedScorer fused, RecommendQuery query, KnownUser user, FeatureSet features, History history,
        Eligibility eligible, Slate slate, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        // :: Step 1 what is known
        int events = fused.EventsOf(history.Known.Span);
        using Recalled recalled = await contexts.ExchangeAsync(snapshot, fused, query, user, features, events, budget, cancellationToken);
        if (events == 0 && !snapshot.Context.ReadsAny(features) && !PassedItems.IsAny(user.State) && !recalled.IsSet)
            return Rung.Popularity;

        // :: Step 2 the embeddings
        bool mayAsk = query.Retrievers.HasFlag(Retrievers.Towers);
        bool wantsOwn = mayAsk && events > 0 && fused.Model.NeedsEmbedding(events, ofContext: false);
        bool wantsContext = mayAsk && (events > 0
            ? fused.Model.NeedsEmbedding(events, ofContext: true)
            : fused.Model.NeedsEmbedding(0, ofContext: true) || fused.Model.NeedsEmbedding(0, ofContext: false));
        using UserVectors.Answer vectors = await _vectors.FindAsync(
            snapshot, fused, wantsOwn, wantsContext, query, user, features, history, budget, degraded, slate.Retrievers is not null, cancellationToken);

        // :: Steps 3 and 4 the slate
        var known = new Known(events, user.State, vectors.Own is { IsCached: true });
        if (slate.Retrievers is not null)
            known = known with { OfHistory = vectors.OfHistory, OfContext = vectors.OfContext, Towers = RetrieverOutcomes.Of(Components.UserTower, degraded) };
        return Place(snapshot, fused, query, features, history, vectors.Own, vectors.Context, recalled, known, eligible, slate, budget, degraded);
    }

    private Rung Place(
        Snapshot snapshot, FusedScorer fused, RecommendQuery query, FeatureSet features, History history, RentedEmbedding? own, float[]? context, Recalled recalled, Known known,
        Eligibility eligible, Slate slate, Budget budget, Degradations degraded)
    {
        using Activity? span = Spans.Begin(Log.Activities, "fusion");
        long start = time.GetTimestamp();
        long until = start + (long)(budget.Left(query.Priority == WorkPriority.Bulk ? fused.Options.BulkBudget : fused.Options.Budget).TotalSeconds * time.TimestampFrequency);
        Span<int> passed = stackalloc int[PassedItems.Most];
        Span<float> strengths = stackalloc float[PassedItems.Most];
        int passedCount = PassedItems.Find(known.State, snapshot.Items, time.GetUtcNow(), fused.Options.SkipHalfLife, passed, strengths);
        var input = new FusionInput
        {
            Features = features,
            RememberedContext = recalled.Lifts,
            History = history.Known.Span,
            Passed = passed[..passedCount],
            PassedStrengths = strengths[..passedCount],
            Embedding = own is not null ? own.Memory.Span : known.Events == 0 ? context : default,
            ContextEmbedding = context,
            Searcher = new IndexSearcher(searches, snapshot),
            Without = Retrievers.All & ~query.Retrievers,
        };
        slate.KeepVector(input.Embedding.IsEmpty ? input.ContextEmbedding : input.Embedding);
        FusionScratch scratch = fused.Rent();
        try
        {
            var clock = new FusionClock(time, until);
            fused.Run(input, scratch, fused.IsWhole, eligible.Filter, slate.Free, clock);
            Label(snapshot, fused.Model, scratch, degraded, span);
            var changed = new ChangedRows(snapshot, fused.Model, scratch, clock);
            Rung rung = Fill(fused, input, scratch, ref changed, known, eligible, slate, query.Explain);
            if (slate is { Parts: { } noted, Retrievers: not null })
                new FusedParts(noted, fused.Model, scratch).Report(slate, time, (known.OfHistory, known.OfContext), known.Towers, changed, Math.Max(0, eligible.Rows.RowCount - fused.Model.RowCount));
            if (changed.IsLate)
            {
                metrics.SourceDropped(Sources.Towers, "timeout");
                degraded.Add(Components.UserTower, DegradationReason.Timeout, "No time was left for items that changed since the bundle; the others are here.");
            }

            metrics.Fused(time.GetElapsedTime(start));
            return rung;
        }
        finally
        {
            fused.Return(scratch);
        }
    }

    /// <summary>Labels and counts what became of the sources.</summary>
    internal void Label(Snapshot snapshot, FusionModel model, FusionScratch scratch, Degradations degraded, Activity? span)
    {
        for (int i = 0; i < model.Sources.Count; i++)
        {
            ScoreSource source = model.Sources[i];
            string component = source.Kind == Sources.Towers ? Components.UserTower : source.Kind;
            switch (scratch.Outcomes[i])
            {
                case SourceOutcome.Late:
                    metrics.SourceDropped(source.Kind, "timeout");
                    span.Source(source.Kind, "timeout", TimeSpan.Zero);
                    degraded.Add(component, DegradationReason.Timeout, $"No time was left for the source '{source.Name}'; the others answered.");
                    break;
                case SourceOutcome.Failed:
                    Log.FusionSourceFailed(log, source.Name, snapshot.Model.FullVersion, scratch.Failure);
                    metrics.SourceDropped(source.Kind, "failed");
                    span.Source(source.Kind, "failed", TimeSpan.Zero);
                    degraded.Add(component, DegradationReason.Failed, $"The source '{source.Name}' failed; the others answered.");
                    break;
                case SourceOutcome.Scored:
                    metrics.SourceScored(source.Kind, time.GetElapsedTime(0, scratch.Ticks[i]));
                    span.Source(source.Kind, "ok", time.GetElapsedTime(0, scratch.Ticks[i]));
                    break;
                default:
                    break;
            }
        }
    }

    private static Rung Fill(FusedScorer fused, in FusionInput input, FusionScratch scratch, ref ChangedRows changed, Known known, Eligibility eligible, Slate slate, bool explain)
    {
        if (slate.Free == 0)
            return Rung.Popularity;
        changed.ScoreMoved(input);
        ReadOnlySpan<ulong> best = changed.Best(input, eligible, scratch.Keys(slate.Free));
        ReadOnlySpan<int> rows = scratch.IsWhole ? default : scratch.Candidates.Rows;
        var evidence = new Evidence(fused.Model, scratch);
        Span<float> parts = stackalloc float[fused.Model.Sources.Count];
        FusedShares? shares = explain ? new FusedShares(fused.Model, slate.Free) : null;
        FusedParts noted = slate.Parts is { } into ? new FusedParts(into, fused.Model, scratch) : default;
        foreach (ulong key in best)
        {
            int row = BestRows.RowOf(key), place = -1;
            if (row < fused.Model.RowCount)
            {
                place = rows.IsEmpty ? row : scratch.Candidates.PlaceOf(row);
                for (int i = 0; i < parts.Length; i++)
                    parts[i] = scratch.PartOf(i, place);
            }
            else
            {
                changed.Parts(row, input, parts);
            }

            int main = evidence.Add(parts, isAdded: row >= fused.Model.RowCount, changed);
            if (main < 0)
                break;
            slate.Add(row, BestRows.ScoreOf(key), fused.Model.Sources[main].Kind);
            eligible.Deny(row);
            shares?.Add(row, scratch, main);
            if (slate.Parts is null)
                continue;
            if (place >= 0)
                noted.Add(row, BestRows.ScoreOf(key), parts, place);
            else
                noted.AddNew(row, BestRows.ScoreOf(key), parts, changed, input);
        }

        shares?.End(scratch);
        slate.Shares = shares;
        return evidence.Rung(known);
    }

    /// <summary>What the evidence is of.</summary>
    internal readonly record struct Known(int Events, UserState? State, bool IsCached)
    {
        /// <summary>How long the tower was asked for its answer to the history; where somebody asks.</summary>
        public TimeSpan OfHistory { get; init; }

        /// <summary>Likewise, to the context.</summary>
        public TimeSpan OfContext { get; init; }

        /// <summary>What became of a tower that did not answer; where somebody asks.</summary>
        public RetrieverOutcome Towers { get; init; }
    }
}
