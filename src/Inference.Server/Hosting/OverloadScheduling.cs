namespace Inference.Server.Hosting;

/// <summary>
/// While some of what comes is refused, lets calls compute without being interrupted by what arrives: what has arrived meanwhile is then read, refused and sent together, with a third of the switches of threads (ADR 50). One thread's at a time.
/// </summary>
/// <remarks>Only then: a thread that may not interrupt waits for those that stand back, too, and for other programs of the processor.</remarks>
internal sealed class OverloadScheduling : IDisposable
{
    /// <summary>Shares of the calls that are refused: it begins above the first, and ends when there were no more than the second for <see cref="Calm"/>.</summary>
    internal const double Much = 0.05, Little = 0.01;

    /// <summary>Milliseconds.</summary>
    internal const long Calm = 1_000;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly Func<double> _refusedShare;
    private readonly Action<bool> _setInterrupts;
    private readonly Lock _turn = new();
    private Timer? _timer;
    private long _last;
    private bool _hasEnded;

    internal OverloadScheduling(Func<double> refusedShare, Action<bool> setInterrupts) => (_refusedShare, _setInterrupts) = (refusedShare, setInterrupts);

    /// <summary>Whether calls compute without being interrupted now.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Looks after the threads of this process until it is disposed; does nothing where there is nothing to choose.</summary>
    /// <param name="refusedShare">Share of the calls for which there was no room lately, 0 to 1.</param>
    public static OverloadScheduling Keep(Func<double> refusedShare)
    {
        var scheduling = new OverloadScheduling(refusedShare, WakePolicy.Set);
        if (WakePolicy.IsOpen)
            scheduling._timer = new Timer(static state => ((OverloadScheduling)state!).LookInTurn(), scheduling, Period, Period);
        return scheduling;
    }

    /// <summary>Begins, goes on or ends.</summary>
    /// <param name="now">Milliseconds of any clock, not below those of the last look.</param>
    public void Look(long now)
    {
        double refused = _refusedShare();
        if (refused > (IsOn ? Little : Much))
        {
            _last = now;
            // Again each time: threads that were started meanwhile interrupt others.
            _setInterrupts(false);
            IsOn = true;
        }
        else if (IsOn && now - _last >= Calm)
        {
            End();
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_turn)
        {
            _hasEnded = true;
            if (IsOn)
                End();
        }
    }

    /// <summary>A look by the timer, whose ticks may meet on a busy machine.</summary>
    private void LookInTurn()
    {
        if (!_turn.TryEnter())
            return;
        try
        {
            if (!_hasEnded)
                Look(Environment.TickCount64);
        }
        finally
        {
            _turn.Exit();
        }
    }

    private void End()
    {
        IsOn = false;
        _setInterrupts(true);
    }
}
