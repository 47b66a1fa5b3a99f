namespace Inference.Server.Admission.Quotas;

/// <summary>
/// So many a second, and so many at once after a silence: the generic cell rate algorithm, whose whole state is the time at which the bucket is full again. Source: ITU-T I.371, "virtual scheduling".
/// Times are ticks of the clock's timestamps. Safe for concurrent use, without a lock.
/// </summary>
internal sealed class TokenBucket
{
    private readonly double _each;
    private readonly long _burst;
    private long _fullAt;

    /// <param name="perSecond">How many a second, above 0.</param>
    /// <param name="burst">How many at once, at least 1.</param>
    /// <param name="frequency">Ticks of a second.</param>
    public TokenBucket(double perSecond, double burst, long frequency)
    {
        _each = frequency / perSecond;
        _burst = (long)(_each * burst);
        _fullAt = long.MinValue;
    }

    /// <summary>Takes one.</summary>
    /// <returns>0 where it was taken, otherwise the ticks after which there may be one.</returns>
    public long Take(long now)
    {
        long fullAt = Volatile.Read(ref _fullAt);
        while (true)
        {
            long next = (long)(Math.Max(fullAt, now) + _each);
            if (next - now > _burst + 1)
                return next - now - _burst;
            long seen = Interlocked.CompareExchange(ref _fullAt, next, fullAt);
            if (seen == fullAt)
                return 0;
            fullAt = seen;
        }
    }

    /// <summary>Whether nothing is missing.</summary>
    public bool IsFull(long now) => Volatile.Read(ref _fullAt) <= now;
}
