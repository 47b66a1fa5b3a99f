namespace Inference.Server.Admission.Quotas;

/// <summary>What a quota says to a call.</summary>
internal enum QuotaAnswer
{
    Granted,

    /// <summary>The client called too often.</summary>
    Rate,

    /// <summary>The client has too many calls in flight.</summary>
    Concurrency,
}

/// <summary>What one client has used of its quota. Safe for concurrent use.</summary>
internal sealed class ClientUse
{
    private readonly TokenBucket? _bucket;
    private readonly int _maxConcurrent;
    private int _concurrent;

    /// <param name="quota">What it may use; must not change.</param>
    /// <param name="frequency">Ticks of a second.</param>
    public ClientUse(QuotaOptions quota, long frequency)
    {
        Quota = quota;
        _maxConcurrent = quota.MaxConcurrent > 0 ? quota.MaxConcurrent : int.MaxValue;
        if (quota.RequestsPerSecond > 0)
            _bucket = new TokenBucket(quota.RequestsPerSecond, quota.Burst > 0 ? quota.Burst : Math.Max(1, quota.RequestsPerSecond), frequency);
    }

    public QuotaOptions Quota { get; }

    public int Concurrent => Volatile.Read(ref _concurrent);

    /// <summary>Begins a call; what is granted is given back by <see cref="Leave"/>.</summary>
    /// <param name="now">The present timestamp.</param>
    /// <param name="wait">Ticks until there may be room for one, where the rate is the reason.</param>
    public QuotaAnswer TryEnter(long now, out long wait)
    {
        wait = 0;
        if (Interlocked.Increment(ref _concurrent) > _maxConcurrent)
        {
            Interlocked.Decrement(ref _concurrent);
            return QuotaAnswer.Concurrency;
        }

        wait = Take(now);
        if (wait == 0)
            return QuotaAnswer.Granted;
        Interlocked.Decrement(ref _concurrent);
        return QuotaAnswer.Rate;
    }

    /// <summary>Takes one of what may be asked in a second.</summary>
    /// <returns>0, or the ticks to wait for it.</returns>
    public long Take(long now) => _bucket?.Take(now) ?? 0;

    public void Leave() => Interlocked.Decrement(ref _concurrent);

    /// <summary>Whether forgetting it changes nothing.</summary>
    public bool IsIdle(long now) => Concurrent == 0 && (_bucket?.IsFull(now) ?? true);
}
