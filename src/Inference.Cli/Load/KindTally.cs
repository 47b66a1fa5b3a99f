using Inference.Recommendations;

namespace Inference.Cli.Load;

/// <summary>What happened to the requests of one kind. Safe for concurrent use.</summary>
internal sealed class KindTally(LoadKind kind)
{
    private long _offered;
    private long _answered;
    private long _good;
    private long _failed;

    public LoadKind Kind => kind;

    /// <summary>As that of the whole run.</summary>
    public LatencyHistogram Latency { get; } = new();

    public long Offered => Volatile.Read(ref _offered);

    public long Answered => Volatile.Read(ref _answered);

    public long Good => Volatile.Read(ref _good);

    public long Failed => Volatile.Read(ref _failed);

    public void Offer() => Interlocked.Increment(ref _offered);

    public void Answer(long latency, bool isGood)
    {
        Interlocked.Increment(ref _answered);
        if (isGood)
            Interlocked.Increment(ref _good);
        Latency.Record(latency);
    }

    public void Fail() => Interlocked.Increment(ref _failed);
}
