using System.Collections.Concurrent;
using Grpc.Core;
using Inference.Cli.Load;
using Inference.Recommendations;
using Recsys.V1;

namespace ChaosTests.Load;

/// <summary>What became of the calls that were due in one phase of a run. Safe for concurrent use.</summary>
internal sealed class TrafficPhase(string name)
{
    private readonly ConcurrentDictionary<string, long> _failures = new();
    private readonly ConcurrentDictionary<string, long> _labels = new();
    private readonly ConcurrentDictionary<Rung, long> _rungs = new();
    private long _due;
    private long _ended;
    private long _empty;
    private long _strangers;
    private long _labelledStrangers;
    private long _dropped;

    public string Name => name;

    /// <summary>Recommend calls, from the moment they were due; those that ran into their deadline are in it.</summary>
    public LatencyHistogram Recommend { get; } = new();

    /// <summary>RecordEvents calls, likewise.</summary>
    public LatencyHistogram Record { get; } = new();

    /// <summary>How much later than due calls were sent: the machine's own stalls, which are in the latencies too.</summary>
    public LatencyHistogram SendLag { get; } = new();

    /// <summary>Calls that were due.</summary>
    public long Due => Volatile.Read(ref _due);

    /// <summary>Calls that were answered or failed.</summary>
    public long Ended => Volatile.Read(ref _ended);

    /// <summary>Answers without an item.</summary>
    public long Empty => Volatile.Read(ref _empty);

    /// <summary>Calls without an answer.</summary>
    public long Failed => _failures.Values.Sum();

    /// <summary>Answers to users whom nobody has seen.</summary>
    public long Strangers => Volatile.Read(ref _strangers);

    /// <summary>Those of them that said that the store of user states was of no help.</summary>
    public long LabelledStrangers => Volatile.Read(ref _labelledStrangers);

    /// <summary>Events that the server said it dropped.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Calls without an answer, by status.</summary>
    public IReadOnlyDictionary<string, long> Failures => _failures;

    /// <summary>Labels of the answers, as "component:reason".</summary>
    public IReadOnlyDictionary<string, long> Labels => _labels;

    /// <summary>Answers by the rung that gave them.</summary>
    public IReadOnlyDictionary<Rung, long> Rungs => _rungs;

    public void CallDue(long lagNanoseconds)
    {
        SendLag.Record(lagNanoseconds);
        Interlocked.Increment(ref _due);
    }

    public void Answered(RecommendResponse response, bool isStranger, long nanoseconds)
    {
        Recommend.Record(nanoseconds);
        Count(_rungs, response.ServedBy);
        foreach (Degradation label in response.Degraded)
            Count(_labels, $"{label.Component}:{label.Reason}");
        if (response.Items.Count == 0)
            Interlocked.Increment(ref _empty);
        if (isStranger)
        {
            if (response.Degraded.Any(static label => label.Component == Inference.Recommendations.Queries.Components.UserState))
                Interlocked.Increment(ref _labelledStrangers);
            Interlocked.Increment(ref _strangers);
        }

        Interlocked.Increment(ref _ended);
    }

    public void Recorded(RecordEventsResponse response, long nanoseconds)
    {
        Record.Record(nanoseconds);
        Interlocked.Add(ref _dropped, response.Dropped);
        Interlocked.Increment(ref _ended);
    }

    public void CallFailed(string status, bool isRecord, long nanoseconds)
    {
        if (status == nameof(StatusCode.DeadlineExceeded))
            (isRecord ? Record : Recommend).Record(nanoseconds);
        Count(_failures, status);
        Interlocked.Increment(ref _ended);
    }

    public override string ToString() =>
        FormattableString.Invariant($"{Name}: {Due} due, {Ended} ended, {Failed} failed, {Empty} empty, {LabelledStrangers} of {Strangers} strangers labelled, ")
        + FormattableString.Invariant($"p50 {Recommend.Quantile(0.5) / 1e6:0.00} ms, p99 {Recommend.Quantile(0.99) / 1e6:0.00} ms, max {Recommend.Max / 1e6:0.0} ms, ")
        + FormattableString.Invariant($"record p99 {Record.Quantile(0.99) / 1e6:0.00} ms; ")
        + $"[{string.Join(", ", Rungs.Select(static pair => $"{pair.Key} {pair.Value}"))}] [{string.Join(", ", Labels.Select(static pair => $"{pair.Key} {pair.Value}"))}]"
        + (Failed == 0 ? "" : $" FAILED [{string.Join(", ", Failures.Select(static pair => $"{pair.Key} {pair.Value}"))}]");

    private static void Count<TKey>(ConcurrentDictionary<TKey, long> counts, TKey key)
        where TKey : notnull => counts.AddOrUpdate(key, 1, static (_, count) => count + 1);
}
