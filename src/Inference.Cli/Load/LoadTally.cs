using System.Collections.Concurrent;
using Grpc.Core;
using Inference.Recommendations;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>What happened to the requests of a run. Safe for concurrent use.</summary>
internal sealed class LoadTally
{
    /// <summary>Name under which requests count that were not sent because too many were on their way.</summary>
    public const string NotSent = "NOT_SENT";

    private readonly ConcurrentDictionary<StatusCode, long> _failures = new();
    private readonly long[] _rungs = new long[(int)Enum.GetValues<Rung>().Max() + 1];
    private long _answered;
    private long _degraded;
    private long _empty;
    private long _sent;
    private long _notSent;
    private long _lastAnswer;

    /// <summary>From the moment a request was meant to be sent to its answer; requests that ran into their deadline are in it, for leaving them out would flatter.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>How much later than meant requests were handed to the transport: the generator's own part of the latency.</summary>
    public LatencyHistogram SendLag { get; } = new();

    public long Answered => Volatile.Read(ref _answered);

    /// <summary>Answers that listed a degradation.</summary>
    public long Degraded => Volatile.Read(ref _degraded);

    /// <summary>Answers without an item. There should be none, ever.</summary>
    public long Empty => Volatile.Read(ref _empty);

    public long Sent => Volatile.Read(ref _sent);

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
        _rungs.Select((count, rung) => ((Rung)rung, count)).Where(pair => pair.count > 0);

    public void Send(long lag)
    {
        Interlocked.Increment(ref _sent);
        SendLag.Record(lag);
    }

    public void Skip() => Interlocked.Increment(ref _notSent);

    public void Answer(RecommendResponse response, long latency, long now)
    {
        Interlocked.Increment(ref _answered);
        Latency.Record(latency);
        if ((uint)response.ServedBy < (uint)_rungs.Length)
            Interlocked.Increment(ref _rungs[(int)response.ServedBy]);
        if (response.Degraded.Count > 0)
            Interlocked.Increment(ref _degraded);
        if (response.Items.Count == 0)
            Interlocked.Increment(ref _empty);
        Volatile.Write(ref _lastAnswer, now);
    }

    public void Fail(StatusCode status, long latency)
    {
        _failures.AddOrUpdate(status, 1, static (_, count) => count + 1);
        if (status == StatusCode.DeadlineExceeded)
            Latency.Record(latency);
    }
}
