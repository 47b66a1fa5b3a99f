using System.Buffers;
using System.Diagnostics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Puts the candidates of a slate into the order of the snapshot's ranking model.
/// <list type="number">
/// <item>what the model reads of user and candidate together is computed, and nothing else</item>
/// <item>the model scores all candidates, those that only filled the slate up among them, inside the surface's budget</item>
/// <item>the candidates go by the model's score, equal ones as they were; each keeps the source that found it, and stands where it stands for its score, also one that only filled the slate up</item>
/// </list>
/// Where the model is late, busy or broken the order stays and says so. A surface that ranks with a bundle that has no ranking model is answered in the order of its candidates, without a label: nothing is broken.
/// </summary>
internal sealed class SlateRanking(PipelineOptions options, RecommendationMetrics metrics, TimeProvider time, ILogger<SlateRanking> log)
{
    /// <summary>Name of the score's part.</summary>
    public const string PartName = "ranker";

    /// <summary>Whether a query's slate is ranked by a model.</summary>
    public static bool Applies(Snapshot snapshot, RecommendQuery query) => query.Surface is { Ranks: true } && snapshot.Ranker is not null;

    /// <summary>Whether the model compares the user's embedding with the candidates', so that the slate has to keep it.</summary>
    public static bool WantsVector(Snapshot snapshot, RecommendQuery query) => Applies(snapshot, query) && RankFeatures.ReadsUser(snapshot.Ranker!.Reads);

    /// <summary>Ranks the candidates of a slate, where the query's surface wants it and the snapshot can.</summary>
    public async ValueTask ApplyAsync(
        Snapshot snapshot, RecommendQuery query, FeatureSet features, History history, Slate slate, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        if (!Applies(snapshot, query) || slate.Count == 0)
            return;
        TimeSpan whole = BudgetOf(query);
        TimeSpan left = budget.Left(whole);
        if (left <= TimeSpan.Zero)
        {
            metrics.Ranked(TimeSpan.Zero, "timeout");
            degraded.Add(Components.Ranker, DegradationReason.Timeout, "No time was left to rank the candidates; they are in the order in which they were found.");
            return;
        }

        using Activity? span = Spans.Begin(Log.Activities, "ranker");
        span?.SetTag("recsys.ranker.candidates", slate.Count);
        long start = time.GetTimestamp();
        var scratch = new Scratch(slate.Count);
        bool answered = false;
        try
        {
            for (int i = 0; i < slate.Count; i++)
                scratch.Rows[i] = slate.Places[i].Row;
            IRanker ranker = snapshot.Ranker!;
            RankFeatures.Fill(snapshot, ranker.Reads, slate, history.Rows.Span, scratch.Cross.AsSpan(0, slate.Count * CrossFeatures.Count));
            var input = new RankInput
            {
                Features = features,
                History = history.Known,
                Rows = scratch.Rows.AsMemory(0, slate.Count),
                Cross = scratch.Cross.AsMemory(0, slate.Count * CrossFeatures.Count),
                Now = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000d,
            };
            // What the features took is not there any more for the model.
            left = budget.Left(whole - time.GetElapsedTime(start));
            if (left <= TimeSpan.Zero)
            {
                answered = true;
                Declined(EncodeOutcome.Late, time.GetElapsedTime(start), degraded, span);
                return;
            }

            ValueTask<EncodeOutcome> ranking = ranker.RankAsync(input, scratch.Scores.AsMemory(0, slate.Count), new Urgency(query.Priority, left), cancellationToken);
            EncodeOutcome outcome = await budget.WaitAsync(ranking, left, cancellationToken);
            answered = true;
            if (outcome == EncodeOutcome.Encoded)
            {
                Order(slate, scratch);
                metrics.Ranked(time.GetElapsedTime(start), "ok");
                span.Ended("ok");
            }
            else
            {
                Declined(outcome, time.GetElapsedTime(start), degraded, span);
            }
        }
        catch (TimeoutException)
        {
            metrics.Ranked(time.GetElapsedTime(start), "timeout");
            span.Failed("timeout");
            degraded.Add(Components.Ranker, DegradationReason.Timeout, "The ranking model did not answer within its budget; the candidates are in the order in which they were found.");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.RankerFailed(log, snapshot.Model.FullVersion, e);
            metrics.Ranked(time.GetElapsedTime(start), "error");
            span.Failed("error", e);
            degraded.Add(Components.Ranker, DegradationReason.Failed, "The ranking model failed; the candidates are in the order in which they were found.");
        }
        finally
        {
            // A late model may still read the candidates and the history and write scores, so none of it goes back to its pool.
            if (answered)
                scratch.Return();
            else
                history.Abandon();
        }
    }

    /// <summary>What stands behind single calls waits longer for them to pass, as it does for the user tower.</summary>
    private TimeSpan BudgetOf(RecommendQuery query)
    {
        TimeSpan budget = query.Surface!.RankBudget;
        return query.Priority == WorkPriority.Bulk && options.BulkTowerBudget > budget ? options.BulkTowerBudget : budget;
    }

    private void Declined(EncodeOutcome outcome, TimeSpan after, Degradations degraded, Activity? span)
    {
        if (outcome == EncodeOutcome.Late)
        {
            metrics.Ranked(after, "late");
            span.Failed("late");
            degraded.Add(Components.Ranker, DegradationReason.Timeout, "The ranking model is busy and could not have answered within its budget; the candidates are in the order in which they were found.");
        }
        else
        {
            metrics.Ranked(after, "refused");
            span.Failed("refused");
            degraded.Add(Components.Ranker, DegradationReason.Unavailable, "Too many candidates wait for the ranking model already; these are in the order in which they were found.");
        }
    }

    private static void Order(Slate slate, in Scratch scratch)
    {
        int count = slate.Count;
        Span<Slate.Place> places = scratch.Places.AsSpan(0, count);
        Span<ulong> keys = scratch.Keys.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            places[i] = slate.Places[i] with { Score = scratch.Scores[i], Type = SlotType.Exploit };
            keys[i] = KeyOf(scratch.Scores[i], i);
        }

        keys.Sort(places);
        slate.Reorder(places);
        if (slate.Parts is not { } parts)
            return;
        for (int i = 0; i < count; i++)
            parts.Replace(places[i].Row, new ScorePart(PartName, places[i].Score, places[i].Score, i + 1));
    }

    /// <summary>Ascends as scores descend, and for equal scores as places ascend.</summary>
    private static ulong KeyOf(float score, int place)
    {
        // Zero has two signs that are equal.
        int bits = BitConverter.SingleToInt32Bits(score + 0f);
        uint ascending = (uint)(bits < 0 ? ~bits : bits ^ int.MinValue);
        return ((ulong)~ascending << 32) | (uint)place;
    }

    /// <summary>Pooled arrays of one ranking.</summary>
    private readonly struct Scratch(int count)
    {
        public readonly int[] Rows = ArrayPool<int>.Shared.Rent(count);
        public readonly float[] Cross = ArrayPool<float>.Shared.Rent(count * CrossFeatures.Count);
        public readonly float[] Scores = ArrayPool<float>.Shared.Rent(count);
        public readonly ulong[] Keys = ArrayPool<ulong>.Shared.Rent(count);
        public readonly Slate.Place[] Places = ArrayPool<Slate.Place>.Shared.Rent(count);

        public void Return()
        {
            ArrayPool<int>.Shared.Return(Rows);
            ArrayPool<float>.Shared.Return(Cross);
            ArrayPool<float>.Shared.Return(Scores);
            ArrayPool<ulong>.Shared.Return(Keys);
            ArrayPool<Slate.Place>.Shared.Return(Places, clearArray: true);
        }
    }
}
