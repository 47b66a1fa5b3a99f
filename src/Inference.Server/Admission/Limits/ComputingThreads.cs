using Inference.Towers.Batching;

namespace Inference.Server.Admission.Limits;

/// <summary>
/// How many calls may compute at once: as many as there are processors, for more would leave no time to those that let in and refuse. Where towers take most of the time, two more for each of their runs: calls then have to come as far as the
/// tower while it runs, or batches would never be more than one row.
/// </summary>
/// <param name="processors">Processors of this process.</param>
/// <param name="runs">Runs of a tower that may be under way at once.</param>
/// <param name="busy">How long runs have taken so far; null for this process's own.</param>
internal sealed class ComputingThreads(int processors, int runs, Func<TimeSpan>? busy = null)
{
    /// <summary>Shares of one processor's time from which, and down to which, towers are most of the work.</summary>
    private const double Much = 0.5, Little = 0.25;

    private const double Weight = 0.2;

    private readonly Func<TimeSpan> _busy = busy ?? (static () => RunTotals.Time);
    private TimeSpan _before;
    private double _share;
    private volatile int _more;

    /// <summary>How many now.</summary>
    public int Now => processors + _more;

    /// <summary>Looks at what towers took since it last looked. One thread's.</summary>
    /// <param name="since">Time since then, above zero.</param>
    public void Look(TimeSpan since)
    {
        TimeSpan total = _busy();
        _share += Weight * (((total - _before) / since) - _share);
        _before = total;
        if (_share > Much)
            _more = 2 * runs;
        else if (_share < Little)
            _more = 0;
    }
}
