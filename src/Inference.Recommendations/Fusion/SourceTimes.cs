namespace Inference.Recommendations.Fusion;

/// <summary>
/// How long the sources of one model take, learned while they serve: a source that would not be done in time is not begun.
/// <list type="number">
/// <item>What is learned moves a quarter of the way to what was seen.</item>
/// <item>One run counts as twice of what is known at most, and a tenth of a millisecond: a thread that lost its core says little of the source.</item>
/// <item>Each time that a source is not begun, a little is forgotten, so that it is tried again.</item>
/// </list>
/// Safe for concurrent use; a figure that is lost to another thread does no harm.
/// </summary>
internal sealed class SourceTimes(int sources)
{
    private const double Step = 0.25, Kept = 0.97;

    private readonly double[] _seconds = new double[sources];

    /// <summary>What a source is expected to take.</summary>
    public TimeSpan Of(int source) => TimeSpan.FromSeconds(Volatile.Read(ref _seconds[source]));

    /// <summary>Whether a source would be done in time; if not, it counts as not begun.</summary>
    /// <param name="source">Its number.</param>
    /// <param name="left">Seconds that are left of the time of all.</param>
    /// <param name="own">Seconds that it may take itself.</param>
    public bool Fits(int source, double left, double own)
    {
        double learned = Volatile.Read(ref _seconds[source]);
        if (learned <= left && learned <= own)
            return true;
        Volatile.Write(ref _seconds[source], Kept * learned);
        return false;
    }

    /// <summary>Learns of a run.</summary>
    /// <param name="source">Its number.</param>
    /// <param name="seconds">What it took.</param>
    public void Ran(int source, double seconds)
    {
        double learned = Volatile.Read(ref _seconds[source]);
        Volatile.Write(ref _seconds[source], learned + (Step * (Math.Min(seconds, (2 * learned) + 1e-4) - learned)));
    }
}
