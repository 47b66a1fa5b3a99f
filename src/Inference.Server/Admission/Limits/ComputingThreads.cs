using Inference.Towers.Batching;

namespace Inference.Server.Admission.Limits;

/// <summary>
/// How many calls may compute at once: as many as there are processors, for more would leave no time to those that let in and refuse. Where towers take most of the time, two more for each of their runs: calls then have to come as far as the
/// tower while it runs, or batches would never be more than one row.
/// </summary>
internal sealed class ComputingThreads
{
    /// <summary>Shares of one processor's time from which, and down to which, towers are most of the work.</summary>
    private const double Much = 0.5, Little = 0.25;

    private const double Weight = 0.2;

    private readonly int _processors;
    private readonly int _runs;
    private readonly Func<TimeSpan> _busy;
    private TimeSpan _before;
    private double _share;
    private volatile int _more;

    /// <param name="processors">Processors of this process.</param>
    /// <param name="runs">Runs of a tower that may be under way at once.</param>
    /// <param name="busy">How long runs have taken so far; null for this process's own.</param>
    public ComputingThreads(int processors, int runs, Func<TimeSpan>? busy = null)
    {
        (_processors, _runs, _busy) = (processors, runs, busy ?? (static () => RunTotals.Time));
        // What ran before is not what runs now.
        _before = _busy();
    }

    /// <summary>How many now.</summary>
    public int Now => _processors + _more;

    /// <summary>Looks at what towers took since it last looked. One thread's.</summary>
    /// <param name="since">Time since then, above zero.</param>
    public void Look(TimeSpan since)
    {
        TimeSpan total = _busy();
        _share += Weight * (((total - _before) / since) - _share);
        _before = total;
        if (_share > Much)
            _more = 2 * _runs;
        else if (_share < Little)
            _more = 0;
    }
}
