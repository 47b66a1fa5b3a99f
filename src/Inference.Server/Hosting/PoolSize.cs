namespace Inference.Server.Hosting;

/// <summary>How many threads the pool should have, by what it does. One thread's.</summary>
/// <param name="fewest">Where all that it does is short.</param>
/// <param name="most">More than these only the runtime adds.</param>
internal sealed class PoolSize(int fewest, int most)
{
    /// <summary>Milliseconds without need of more threads after which they go.</summary>
    internal const long Calm = 1_000;

    /// <summary>Milliseconds of a thread that a work item takes on average where work waits because of long ones, and not because there is much.</summary>
    private const long Long = 1;

    private long _looked;
    private long _completed;
    private long _needed = long.MinValue / 2;

    public int Fewest { get; } = fewest;

    public int Now { get; private set; } = fewest;

    /// <summary>Whether work waited at the last look: the next one, some milliseconds later, says whether it was only on its way.</summary>
    public bool LooksAgain { get; private set; }

    /// <summary>
    /// One more wherever work waits behind what takes long; one beside the fewest while calls wait for room, so that those who are too many are told so while others compute.
    /// </summary>
    /// <param name="now">Milliseconds of any clock, above those of the last look.</param>
    /// <param name="waiting">Work items that wait.</param>
    /// <param name="completed">Work items that were done so far.</param>
    /// <param name="callsWait">Whether calls wait for room, or are refused.</param>
    /// <returns><see cref="Now"/>.</returns>
    public int Look(long now, long waiting, long completed, bool callsWait)
    {
        bool isBlocked = waiting > 0 && LooksAgain && (completed - _completed) * Long < (now - _looked) * Now;
        (_looked, _completed, LooksAgain) = (now, completed, waiting > 0 && !LooksAgain);
        if (isBlocked || callsWait)
            _needed = now;
        if (isBlocked)
            Now = Math.Min(Now + 1, most);
        else if (callsWait)
            Now = Math.Min(Math.Max(Now, Fewest + 1), most);
        else if (now - _needed >= Calm)
            Now = Fewest;
        return Now;
    }
}
