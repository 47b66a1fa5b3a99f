using System.Diagnostics;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Surfaces;
using Inference.Recommendations.Users;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Makes one order of what the retrievers of a surface found.
/// <list type="number">
/// <item>Where the model is the base, it runs over the catalogue, or over its candidates and those of the retrievers; its best are candidates, too.</item>
/// <item>Each retriever's part of each candidate (<see cref="LateFusion"/>). Where some are late or failed the others share their weights, so that scores keep their scale; beside a model they do not, for its scale stays.</item>
/// <item>The sum's best fill the slate.</item>
/// </list>
/// </summary>
internal sealed class SurfaceFusing(FusedSlates slates, RecommendationMetrics metrics, TimeProvider time)
{
    /// <summary>Fills the free places of the slate.</summary>
    public Rung Fill(SurfacePlan plan, SurfaceRun run, in Known known, Slate slate)
    {
        using Activity? span = Spans.Begin(Log.Activities, "fusion");
        int found = 0;
        foreach (int count in run.Counts)
            found += count;
        bool asksModel = plan.UsesModel && slate.Free > 0 && (known.IsAnything || found > 0) && MayAnswer(plan, run.Input.Query);
        if (!asksModel)
        {
            run.Candidates.Begin(found);
            AddFound(plan, run);
            return Place(plan, run, known, slate, null, default);
        }

        FusedScorer scorer = plan.Scorer!;
        RetrievalInput input = run.Input;
        FusionInput fusion = input.ToFusion();
        FusionScratch scratch = scorer.Rent();
        try
        {
            long start = time.GetTimestamp();
            run.Candidates.Begin(found + slate.Free);
            AddFound(plan, run);
            scorer.Run(fusion, scratch, scorer.IsWhole, input.Eligible.Filter, slate.Free, input.Clock, new FusionMix
            {
                Factors = plan.Factors, Budgets = plan.Budgets, CandidatesPerSource = Math.Max(plan.MostOfModel, slate.Free), AlsoRows = run.Candidates.Rows,
            });
            slates.Label(input.Snapshot, scorer.Model, scratch, input.Degraded, span);
            var changed = new ChangedRows(input.Snapshot, scorer.Model, scratch, input.Clock);
            changed.ScoreMoved(fusion);
            foreach (ulong key in changed.Best(fusion, input.Eligible, scratch.Keys(slate.Free)))
                run.Candidates.Add(BestRows.RowOf(key));
            if (changed.IsLate)
                input.Degraded.Add(Components.UserTower, DegradationReason.Timeout, "No time was left for items that changed since the bundle; the others are here.");
            metrics.Fused(time.GetElapsedTime(start));
            if (slate.Retrievers is not null)
                new FusedParts(slate.Parts!, scorer.Model, scratch).Report(slate, time, known.TowerTimes, known.Tower, changed, Math.Max(0, input.Eligible.Rows.RowCount - scorer.Model.RowCount));
            return Place(plan, run, known, slate, scratch, fusion);
        }
        finally
        {
            scorer.Return(scratch);
        }
    }

    private static bool MayAnswer(SurfacePlan plan, RecommendQuery query)
    {
        for (int i = 0; i < plan.Factors.Length; i++)
        {
            if (plan.Factors[i] != 0f && (plan.Scorer!.Model.Sources[i].Retriever & query.Retrievers) != 0)
                return true;
        }

        return false;
    }

    private static void AddFound(SurfacePlan plan, SurfaceRun run)
    {
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            foreach (Vectors.Neighbor candidate in run.FoundOf(i))
                run.Candidates.Add(candidate.Row);
        }
    }

    private static Rung Place(SurfacePlan plan, SurfaceRun run, in Known known, Slate slate, FusionScratch? model, in FusionInput fusion)
    {
        RetrievalInput input = run.Input;
        ReadOnlySpan<int> rows = run.Candidates.Rows;
        var evidence = new SurfaceEvidence();
        if (!rows.IsEmpty && slate.Free > 0)
        {
            Span<double> sums = run.Sums;
            sums.Clear();
            AddParts(plan, run, known, sums);
            FusedScorer? scorer = model is null ? null : plan.Scorer;
            Span<float> parts = stackalloc float[scorer?.Model.Sources.Count ?? 0];
            ChangedRows changed = scorer is null ? default : new ChangedRows(input.Snapshot, scorer.Model, model!, input.Clock);
            if (scorer is not null)
            {
                for (int i = 0; i < rows.Length; i++)
                {
                    changed.PartsOf(rows[i], fusion, parts);
                    foreach (float part in parts)
                        sums[i] += part;
                }
            }

            var best = new BestRows(run.Keys(slate.Free));
            for (int i = 0; i < rows.Length; i++)
                best.Offer(rows[i], (float)sums[i]);
            FusedParts ofModel = scorer is not null && slate.Parts is { } into ? new FusedParts(into, scorer.Model, model!) : default;
            FusedShares? shares = input.Query.Explain && scorer is not null ? new FusedShares(scorer.Model, slate.Free) : null;
            foreach (ulong key in best.Sorted())
            {
                int row = BestRows.RowOf(key), place = run.Candidates.Find(row);
                int main = scorer is null ? -1 : MainOf(changed, scorer.Model, model!, row, fusion, parts, ref evidence);
                string source = main < 0 ? "" : scorer!.Model.Sources[main].Kind;
                double largest = main < 0 ? double.NegativeInfinity : parts[main];
                for (int i = 0; i < plan.Retrievers.Length; i++)
                {
                    if (run.Outcomes[i] != RetrieverOutcome.Ok || !run.IsIn[i])
                        continue;
                    double part = run.PartsOf(i)[place];
                    evidence.Add(plan.Retrievers[i].Source, part);
                    // What found it goes before what merely scores it.
                    if (part > largest && (run.RanksOf(i)[place] > 0 || source.Length == 0))
                        (source, largest) = (plan.Retrievers[i].Source, part);
                }

                if (source.Length == 0)
                    break;
                slate.Add(row, BestRows.ScoreOf(key), source);
                input.Eligible.Deny(row);
                if (shares is not null && main >= 0)
                    shares.Add(row, model!, main);
                if (slate.Parts is not { } noted)
                    continue;
                if (scorer is not null)
                    NoteModel(ref ofModel, scorer.Model, model!, row, parts, changed, fusion);
                Note(plan, run, noted, row, place);
            }

            shares?.End(model!);
            slate.Shares = shares;
        }

        Report(plan, run, slate);
        return evidence.Rung(plan, run, known, model);
    }

    /// <summary>Ranks, scores and parts of the candidates by retriever, and the sums.</summary>
    private static void AddParts(SurfacePlan plan, SurfaceRun run, in Known known, Span<double> sums)
    {
        double share = plan.UsesModel ? 1 : ShareOf(plan, run, known);
        bool needsScores = plan.Fusion == SurfaceFusion.ZScore;
        ReadOnlySpan<int> rows = run.Candidates.Rows;
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            if (run.Outcomes[i] != RetrieverOutcome.Ok || !run.IsIn[i])
                continue;
            ReadOnlySpan<Vectors.Neighbor> found = run.FoundOf(i);
            Span<int> ranks = run.RanksOf(i);
            ranks.Clear();
            Span<float> scores = run.ScoresOf(i);
            if (needsScores && !(found.Length < rows.Length && TryScore(plan, run, i, rows, scores)))
                scores.Fill(float.NaN);
            for (int rank = 0; rank < found.Length; rank++)
            {
                int place = run.Candidates.Find(found[rank].Row);
                ranks[place] = rank + 1;
                if (needsScores)
                    scores[place] = found[rank].Score;
            }

            Span<double> parts = run.PartsOf(i);
            if (found.IsEmpty && plan.Fusion == SurfaceFusion.ZScore && !HasAny(scores))
                parts.Clear();
            else if (plan.Fusion == SurfaceFusion.ReciprocalRank)
                LateFusion.ReciprocalRanks(ranks, plan.Settings[i].Weight * share, parts);
            else
                LateFusion.ZScores(scores, plan.Settings[i].Weight * share, parts);
            for (int place = 0; place < sums.Length; place++)
                sums[place] += parts[place];
        }
    }

    /// <summary>The retriever's scores of what others found; one that fails has none, and what it found itself still counts.</summary>
    private static bool TryScore(SurfacePlan plan, SurfaceRun run, int retriever, ReadOnlySpan<int> rows, Span<float> scores)
    {
        try
        {
            return plan.Retrievers[retriever].Score(run.Input, run.Scratch[retriever], rows, scores);
        }
        catch (Exception e)
        {
            run.Failures[retriever] = e;
            run.Input.Degraded.Add(plan.Retrievers[retriever].Source, DegradationReason.Failed, $"The retriever '{plan.Retrievers[retriever].Name}' could not score what others found.");
            return false;
        }
    }

    private static bool HasAny(ReadOnlySpan<float> scores)
    {
        foreach (float score in scores)
        {
            if (!float.IsNaN(score))
                return true;
        }

        return false;
    }

    private static double ShareOf(SurfacePlan plan, SurfaceRun run, in Known known)
    {
        double all = 0, answered = 0;
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            if (!run.IsIn[i])
                continue;
            double weight = plan.Settings[i].Weight;
            bool isMissing = run.Outcomes[i] is RetrieverOutcome.Late or RetrieverOutcome.Failed
                || (run.Outcomes[i] == RetrieverOutcome.Silent && known.LacksTower && plan.Retrievers[i] is TowersRetriever);
            if (run.Outcomes[i] == RetrieverOutcome.Ok)
                answered += weight;
            if (isMissing || run.Outcomes[i] == RetrieverOutcome.Ok)
                all += weight;
        }

        return LateFusion.Share(all, answered);
    }

    /// <summary>The source of the model with the largest part of those that speak of an item.</summary>
    private static int MainOf(ChangedRows changed, FusionModel model, FusionScratch scratch, int row, in FusionInput fusion, Span<float> parts, ref SurfaceEvidence evidence)
    {
        changed.PartsOf(row, fusion, parts);
        int main = -1;
        for (int i = 0; i < parts.Length; i++)
        {
            if (scratch.Outcomes[i] != SourceOutcome.Scored || (scratch.Weights[i] == 0f && parts[i] == 0f))
                continue;
            evidence.Add(model.Sources[i].Kind, parts[i]);
            bool speaks = row < model.RowCount || changed.Speaks(i);
            if (speaks && (main < 0 || parts[i] > parts[main]))
                main = i;
        }

        return main;
    }

    /// <summary>The parts of a row by the sources of the model.</summary>
    private static void NoteModel(ref FusedParts noted, FusionModel model, FusionScratch scratch, int row, ReadOnlySpan<float> parts, in ChangedRows changed, in FusionInput fusion)
    {
        double sum = 0;
        foreach (float part in parts)
            sum += part;
        int place = row >= model.RowCount ? -1 : scratch.IsWhole ? row : scratch.Candidates.PlaceOf(row);
        if (place >= 0)
            noted.Add(row, sum, parts, place);
        else if (row >= model.RowCount)
            noted.AddNew(row, sum, parts, changed, fusion);
    }

    /// <summary>The parts of a row by the retrievers. A score in its own unit has what it found itself.</summary>
    private static void Note(SurfacePlan plan, SurfaceRun run, ScoreParts noted, int row, int place)
    {
        for (int i = 0; i < plan.Retrievers.Length; i++)
        {
            if (run.Outcomes[i] != RetrieverOutcome.Ok || !run.IsIn[i])
                continue;
            int rank = run.RanksOf(i)[place];
            noted.Add(row, new ScorePart(plan.Retrievers[i].Name, run.PartsOf(i)[place], rank > 0 ? run.FoundOf(i)[rank - 1].Score : null, rank));
        }
    }

    /// <summary>What each retriever did, behind the sources of the model.</summary>
    private static void Report(SurfacePlan plan, SurfaceRun run, Slate slate)
    {
        for (int i = 0; slate.Retrievers is not null && i < plan.Retrievers.Length; i++)
        {
            if (run.IsIn[i])
                slate.Report(plan.Retrievers[i].Name, run.Counts[i], TimeSpan.FromSeconds(run.Input.Clock.SecondsOf(run.Ticks[i])), run.Outcomes[i]);
        }
    }

    /// <param name="IsAnything">Whether anything is known of the user.</param>
    /// <param name="Events">Known events.</param>
    /// <param name="State">What is stored.</param>
    /// <param name="Own">What the user tower said of features and history.</param>
    /// <param name="LacksTower">Whether the tower was asked and did not answer.</param>
    internal readonly record struct Known(bool IsAnything, int Events, UserState? State, RentedEmbedding? Own, bool LacksTower)
    {
        /// <summary>How long the tower was asked for its answers to history and context; where somebody asks.</summary>
        public (TimeSpan OfHistory, TimeSpan OfContext) TowerTimes { get; init; }

        /// <summary>What became of a tower that did not answer.</summary>
        public RetrieverOutcome Tower { get; init; }
    }
}
