namespace Inference.Recommendations.Pipeline;

/// <summary>
/// How long replies wait for a store. One that was late several times in a row is not waited for any more: its answers still come and serve later requests, and the first that
/// comes in time makes it trusted again. So a slow store costs its budget a few times, not every reply. Safe for concurrent use.
/// </summary>
/// <param name="budget">The most that a reply waits.</param>
internal sealed class Patience(TimeSpan budget)
{
    private const int MostLate = 3;

    private int _late;

    /// <summary>What a reply may wait now: the budget, or zero.</summary>
    public TimeSpan Left => Volatile.Read(ref _late) < MostLate ? budget : TimeSpan.Zero;

    /// <summary>The store has answered.</summary>
    /// <param name="took">After how long.</param>
    public void Answered(TimeSpan took)
    {
        if (took > budget)
            WasLate();
        else if (Volatile.Read(ref _late) > 0)
            Volatile.Write(ref _late, 0);
    }

    /// <summary>The budget ran out.</summary>
    public void WasLate()
    {
        if (Volatile.Read(ref _late) < MostLate)
            Interlocked.Increment(ref _late);
    }
}
