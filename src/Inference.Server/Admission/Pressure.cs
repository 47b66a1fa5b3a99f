namespace Inference.Server.Admission;

/// <summary>How much more comes than there is room for, and since when. Counting is safe from all threads; <see cref="Tick"/> is one thread's.</summary>
internal sealed class Pressure
{
    private const double Weight = 0.3;

    /// <summary>An episode ends when nothing was refused for so long.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private long _admitted;
    private long _refused;
    private double _share;
    private DateTimeOffset _began;
    private DateTimeOffset _last;
    private long _refusedInEpisode;

    /// <summary>What a tick found.</summary>
    public enum Change
    {
        None,
        Began,
        Ended,
    }

    /// <summary>Share of the calls that were refused lately, 0 to 1.</summary>
    public double RefusedShare => Volatile.Read(ref _share);

    /// <summary>How long the present episode lasts, or the last one lasted, and how many it refused.</summary>
    public (TimeSpan Time, long Refused) Episode => (_last - _began, _refusedInEpisode);

    public void Admitted() => Interlocked.Increment(ref _admitted);

    public void Refused() => Interlocked.Increment(ref _refused);

    /// <summary>Takes what came since the tick before.</summary>
    public Change Tick(DateTimeOffset now)
    {
        long admitted = Interlocked.Exchange(ref _admitted, 0), refused = Interlocked.Exchange(ref _refused, 0);
        double share = refused == 0 ? 0 : (double)refused / (admitted + refused);
        Volatile.Write(ref _share, _share + (Weight * (share - _share)));
        if (refused > 0)
        {
            bool isNew = _began == default;
            if (isNew)
                (_began, _refusedInEpisode) = (now, 0);
            _last = now;
            _refusedInEpisode += refused;
            return isNew ? Change.Began : Change.None;
        }

        if (_began == default || now - _last < Quiet)
            return Change.None;
        return Change.Ended;
    }

    /// <summary>Forgets an episode that has ended.</summary>
    public void Close() => _began = default;
}
