using System.Collections.Concurrent;
using Grpc.Core;
using Inference.Recommendations;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>
/// What happened to the requests of a run. Times are nanoseconds: `due` when a request was meant to be sent, `sent` when it was, `now` when its fate was known. Safe for concurrent use. It takes the same memory however long the run is, beside a
/// row for each interval of the series.
/// </summary>
internal sealed class LoadTally
{
    /// <summary>Name under which requests count that were not sent because too many were on their way.</summary>
    public const string NotSent = "NOT_SENT";

    private readonly ConcurrentDictionary<StatusCode, long> _failures = new();
    private readonly long[] _rungs = new long[(int)Enum.GetValues<Rung>().Max() + 1];
    private readonly KindTally[] _kinds = [.. Enum.GetValues<LoadKind>().Select(kind => new KindTally(kind))];
    private readonly LoadSeries _series;
    private readonly long _goal;
    private long _answered;
    private long _good;
    private long _degraded;
    private long _empty;
    private long _sent;
    private long _notSent;
    private long _shed;
    private long _withRetryInfo;
    private long _lastAnswer;

    /// <param name="goal">Answers that take no longer are good, in nanoseconds.</param>
    /// <param name="series">What happened when.</param>
    public LoadTally(long goal, LoadSeries series)
    {
        _goal = goal;
        _series = series;
    }

    /// <summary>From the moment a request was meant to be sent to its answer; requests that ran into their deadline are in it, for leaving them out would flatter.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>How much later than meant requests were handed to the transport: the generator's own part of the latency.</summary>
    public LatencyHistogram SendLag { get; } = new();

    /// <summary>As <see cref="Latency"/>, of requests that the server turned away: UNAVAILABLE and RESOURCE_EXHAUSTED.</summary>
    public LatencyHistogram Shed { get; } = new();

    /// <summary>The same from the moment the request was sent, which leaves the generator's own delay out.</summary>
    public LatencyHistogram ShedSinceSent { get; } = new();

    /// <summary>What happened by kind; all kinds, in their order.</summary>
    public IReadOnlyList<KindTally> Kinds => _kinds;

    public LoadSeries Series => _series;

    public long Answered => Volatile.Read(ref _answered);

    /// <summary>Answers within the goal.</summary>
    public long Good => Volatile.Read(ref _good);

    /// <summary>Answers that listed a degradation.</summary>
    public long Degraded => Volatile.Read(ref _degraded);

    /// <summary>Answers without an item or an event. There should be none, ever.</summary>
    public long Empty => Volatile.Read(ref _empty);

    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Requests that the server turned away.</summary>
    public long Turned => Volatile.Read(ref _shed);

    /// <summary>How many of these were told when to come again (google.rpc.RetryInfo).</summary>
    public long WithRetryInfo => Volatile.Read(ref _withRetryInfo);

    /// <summary>When the last answer came, in nanoseconds of the run's clock.</summary>
    public long LastAnswer => Volatile.Read(ref _lastAnswer);

    /// <summary>Requests without an answer, by gRPC status.</summary>
    public IEnumerable<(string Status, long Count)> Failures
    {
        get
        {
            foreach ((StatusCode status, long count) in _failures.OrderByDescending(pair => pair.Value))
                yield return (status.ToString(), count);
            if (Volatile.Read(ref _notSent) is > 0 and long notSent)
                yield return (NotSent, notSent);
        }
    }

    /// <summary>Answers by the rung of the ladder that gave them.</summary>
    public IEnumerable<(Rung Rung, long Count)> Rungs =>
        _rungs.Select((count, rung) => ((Rung)rung, count)).Where(pair => pair.count > 0 && pair.Item1 != Rung.Unspecified);

    /// <summary>Counts a request as sent. Called from one thread, in the order of the schedule.</summary>
    public void Send(LoadKind kind, long due, long sent)
    {
        Interlocked.Increment(ref _sent);
        _kinds[(int)kind].Offer();
        _series.Offer(due);
        SendLag.Record(sent - due);
    }

    /// <summary>Counts a request as not sent. Called from the thread that calls <see cref="Send"/>.</summary>
    public void Skip(LoadKind kind, long due)
    {
        Interlocked.Increment(ref _notSent);
        _kinds[(int)kind].Offer();
        _kinds[(int)kind].Fail();
        _series.Offer(due);
        _series.Fail(due);
    }

    public void Answer(LoadKind kind, LoadAnswer answer, long due, long now)
    {
        long latency = now - due;
        Interlocked.Increment(ref _answered);
        bool isGood = latency <= _goal;
        if (isGood)
            Interlocked.Increment(ref _good);
        Latency.Record(latency);
        _kinds[(int)kind].Answer(latency, isGood);
        _series.Answer(due, latency, isGood);
        if ((uint)answer.ServedBy < (uint)_rungs.Length)
            Interlocked.Increment(ref _rungs[(int)answer.ServedBy]);
        if (answer.IsDegraded)
            Interlocked.Increment(ref _degraded);
        if (answer.IsEmpty)
            Interlocked.Increment(ref _empty);
        Volatile.Write(ref _lastAnswer, now);
    }

    /// <param name="hasRetryInfo">Whether the failure said when to come again.</param>
    public void Fail(LoadKind kind, StatusCode status, bool hasRetryInfo, long due, long sent, long now)
    {
        _failures.AddOrUpdate(status, 1, static (_, count) => count + 1);
        _kinds[(int)kind].Fail();
        _series.Fail(due);
        if (status == StatusCode.DeadlineExceeded)
        {
            Latency.Record(now - due);
            _kinds[(int)kind].Latency.Record(now - due);
        }

        if (status is not (StatusCode.Unavailable or StatusCode.ResourceExhausted))
            return;
        Interlocked.Increment(ref _shed);
        Shed.Record(now - due);
        ShedSinceSent.Record(now - sent);
        if (hasRetryInfo)
            Interlocked.Increment(ref _withRetryInfo);
    }
}
