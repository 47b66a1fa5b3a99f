namespace Inference.Server.Hosting;

/// <summary>When to ask for a collection of the old generation, so that the runtime hardly ever comes to it by itself. Not safe for concurrent use.</summary>
/// <remarks>
/// What brings the runtime to it is how much has grown old, which goes by the load. So the time between two is learned: one that was not asked for says that the time was too long. It grows again by a fiftieth each time, for loads fall, too.
/// While nothing grows old (no collection of the middle generation) none is asked for.
/// </remarks>
internal sealed class CollectionPace
{
    /// <summary>Between two that are asked for: what it is at first and at most, and what it is at least.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(60), Shortest = TimeSpan.FromSeconds(12);

    /// <summary>So long after a collection the runtime keeps the thread that did it, and the next one is done beside the work, whoever asks.</summary>
    internal static readonly TimeSpan ThreadLife = TimeSpan.FromSeconds(20);

    /// <summary>The time between two, as a share of the time after which one came that was not asked for.</summary>
    private const double Early = 0.6;

    private const double Growth = 1.02;

    private readonly TimeSpan _longest;
    private TimeSpan _last;
    private int _old;
    private int _middle;

    /// <param name="longest">Null for <see cref="Longest"/>.</param>
    public CollectionPace(TimeSpan? longest = null) => Interval = _longest = longest ?? Longest;

    /// <summary>The time between two that are asked for, now.</summary>
    public TimeSpan Interval { get; private set; }

    /// <summary>Looks what was collected meanwhile, and whether it is time.</summary>
    /// <param name="now">Of any clock that does not go back.</param>
    /// <param name="old">Collections of the old generation so far.</param>
    /// <param name="middle">Those of the middle one, or of the old one and with it the middle one, so far.</param>
    public bool IsDue(TimeSpan now, int old, int middle)
    {
        if (old == _old)
            return now - _last >= Interval && middle != _middle;
        TimeSpan since = now - _last;
        if (since > ThreadLife)
            Interval = Within(since * Early);
        Note(now, old, middle);
        return false;
    }

    /// <summary>A collection was asked for, and has begun.</summary>
    /// <inheritdoc cref="IsDue" path="/param"/>
    public void NoteAsked(TimeSpan now, int old, int middle)
    {
        Interval = Within(Interval * Growth);
        Note(now, old, middle);
    }

    private void Note(TimeSpan now, int old, int middle) => (_last, _old, _middle) = (now, old, middle);

    private TimeSpan Within(TimeSpan interval) => interval > _longest ? _longest : interval < Shortest ? Shortest : interval;
}
