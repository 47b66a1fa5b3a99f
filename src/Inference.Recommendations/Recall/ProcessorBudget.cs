namespace Inference.Recommendations.Recall;

/// <summary>Keeps work to a share of one processor core: credit grows with time, and work spends it. Safe for concurrent use.</summary>
/// <remarks>Little credit is kept, so that over a minute the work takes its share, and at most a tenth of it and the last piece of work more.</remarks>
internal sealed class ProcessorBudget(double share, TimeProvider time)
{
    /// <summary>Seconds of growth that are kept.</summary>
    private const double Kept = 6;

    private readonly Lock _lock = new();
    private long _last = time.GetTimestamp();
    private double _credit = share * Kept;

    /// <summary>Whether work may begin. What it takes beyond the credit has to grow back before the next.</summary>
    public bool HasCredit
    {
        get
        {
            lock (_lock)
            {
                Grow();
                return _credit > 0;
            }
        }
    }

    /// <summary>Takes what work has cost.</summary>
    public void Spend(TimeSpan processorTime)
    {
        lock (_lock)
        {
            Grow();
            _credit -= processorTime.TotalSeconds;
        }
    }

    private void Grow()
    {
        long now = time.GetTimestamp();
        _credit = Math.Min(share * Kept, _credit + (share * time.GetElapsedTime(_last, now).TotalSeconds));
        _last = now;
    }
}
