using System.Diagnostics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
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
        RentedEmbedding? own = null;
        try
        {
            long begun = slate.Retrievers is null ? 0 : time.GetTimestamp();
            if (wantsOwn)
            {
                KnownUser cachedAs = UserEmbeddings.ReadsStoredStateAlone(snapshot, query) ? user : default;
                own = await embeddings.FindAsync(snapshot, cachedAs, features, history, query.Priority, budget, degraded, cancellationToken);
            }

            long answered = slate.Retrievers is null ? 0 : time.GetTimestamp();
            // A tower that has just failed is not asked again.
            float[]? context = wantsContext
                ? await FindContextAsync(snapshot, fused, features, mayRun: own is not null || !wantsOwn, query, budget, degraded, cancellationToken)
                : null;
            if ((wantsOwn && own is null) || (wantsContext && context is null))
                metrics.SourceDropped(Sources.Towers, "tower");

            // :: Steps 3 and 4 the slate
            var known = new Known(events, user.State, own is { IsCached: true });
            if (slate.Retrievers is not null)
                known = known with { OfHistory = time.GetElapsedTime(begun, answered), OfContext = time.GetElapsedTime(answered), Towers = RetrieverOutcomes.Of(Components.UserTower, degraded) };
            return Place(snapshot, fused, query, features, history, own, context, recalled, known, eligible, slate, budget, degraded);
        }
        finally
        {
            own?.Dispose();
        }
    }

    private async ValueTask<float[]?> FindContextAsync(
        Snapshot snapshot, FusedScorer fused, FeatureSet features, bool mayRun, RecommendQuery query, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        UInt128 key = ContextEmbeddings.KeyOf(snapshot.UserTower.Features, features);
        if (fused.Contexts.Find(key) is { } found)
            return found;
        if (!mayRun)
            return null;
        using var nothing = new History();
        using RentedEmbedding? made = await embeddings.FindAsync(snapshot, default, features, nothing, query.Priority, budget, degraded, cancellationToken);
        return made is null ? null : fused.Contexts.Keep(key, made.Memory.Span);
    }

    private Rung Place(
        Snapshot snapshot, FusedScorer fused, RecommendQuery query, FeatureSet features, History history, RentedEmbedding? own, float[]? context, Recalled recalled, Known known,
        Eligibility eligible, Slate slate, Budget budget, Degradations degraded)
    {
        using Activity? span = Log.Activities.StartActivity("fusion");
        long start = time.GetTimestamp();
        long until = start + (long)(budget.Left(fused.Options.Budget).TotalSeconds * time.TimestampFrequency);
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
            Label(snapshot, fused.Model, scratch, degraded);
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

    private void Label(Snapshot snapshot, FusionModel model, FusionScratch scratch, Degradations degraded)
    {
        for (int i = 0; i < model.Sources.Count; i++)
        {
            ScoreSource source = model.Sources[i];
            string component = source.Kind == Sources.Towers ? Components.UserTower : source.Kind;
            switch (scratch.Outcomes[i])
            {
                case SourceOutcome.Late:
                    metrics.SourceDropped(source.Kind, "timeout");
                    degraded.Add(component, DegradationReason.Timeout, $"No time was left for the source '{source.Name}'; the others answered.");
                    break;
                case SourceOutcome.Failed:
                    Log.FusionSourceFailed(log, source.Name, snapshot.Model.FullVersion, scratch.Failure);
                    metrics.SourceDropped(source.Kind, "failed");
                    degraded.Add(component, DegradationReason.Failed, $"The source '{source.Name}' failed; the others answered.");
                    break;
                case SourceOutcome.Scored:
                    metrics.SourceScored(source.Kind, time.GetElapsedTime(0, scratch.Ticks[i]));
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
        var best = new BestRows(scratch.Keys(slate.Free));
        ReadOnlySpan<float> scores = scratch.Fused;
        ReadOnlySpan<int> rows = scratch.IsWhole ? default : scratch.Candidates.Rows;
        for (int place = 0; place < scores.Length; place++)
        {
            if (!(scores[place] >= best.Threshold))
                continue;
            int row = rows.IsEmpty ? place : rows[place];
            if (eligible.Allows(row))
                best.Offer(row, scores[place]);
        }

        changed.OfferAdded(input, eligible, ref best);
        var evidence = new Evidence(fused.Model, scratch);
        Span<float> parts = stackalloc float[fused.Model.Sources.Count];
        FusedShares? shares = explain ? new FusedShares(fused.Model, slate.Free) : null;
        FusedParts noted = slate.Parts is { } into ? new FusedParts(into, fused.Model, scratch) : default;
        foreach (ulong key in best.Sorted())
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
