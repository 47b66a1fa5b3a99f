namespace Inference.Server.Admission.Limits;

/// <summary>
/// How long the calls of one method take, and how long they would take alone: the measure by which cheap and dear methods are compared. Times are ticks of the clock's timestamps.
/// <list type="bullet">
/// <item>Calls that found no more others than there are processors say how long one takes alone; so a lasting overload does not become what is normal.</item>
/// <item>A whole window below that says so too.</item>
/// <item>Where fewer calls at once cannot help any more, calls have become dearer, and <see cref="Follow"/> believes it step by step.</item>
/// </list>
/// Adding is safe from all threads; the rest is done by whoever closes a window.
/// </summary>
internal sealed class MethodTimes
{
    /// <summary>Weight of a window, and how far one call may be from what is known (pauses of the garbage collector are no news).</summary>
    private const double Weight = 0.2, Farthest = 4;

    private long _sum;
    private int _count;
    private long _aloneSum;
    private int _aloneCount;
    private double _alone;
    private double _mean;

    /// <summary>Time of a call alone; 0 while nothing is known.</summary>
    public double Alone => Volatile.Read(ref _alone);

    /// <summary>Mean time of a call lately, under whatever load there was; 0 while nothing is known.</summary>
    public double Mean => Volatile.Read(ref _mean);

    /// <param name="ticks">How long a call took.</param>
    /// <param name="share">The share of a processor that it had, if all in flight shared them: 1 where it had one for itself.</param>
    public void Add(long ticks, double share)
    {
        Interlocked.Add(ref _sum, ticks);
        Interlocked.Increment(ref _count);
        double alone = Alone;
        if (share < 1 && alone > 0)
            return;
        // A server that begins under load has no call alone; then what its share made of it is a first guess, and one that is too low is followed upwards.
        Interlocked.Add(ref _aloneSum, (long)(alone > 0 ? Math.Min(ticks, Farthest * alone) : ticks * share));
        Interlocked.Increment(ref _aloneCount);
    }

    /// <summary>Takes what a window brought.</summary>
    public void Close()
    {
        long sum = Interlocked.Exchange(ref _sum, 0), aloneSum = Interlocked.Exchange(ref _aloneSum, 0);
        int count = Interlocked.Exchange(ref _count, 0), aloneCount = Interlocked.Exchange(ref _aloneCount, 0);
        if (count == 0)
            return;
        double mean = (double)sum / count, alone = _alone;
        Volatile.Write(ref _mean, _mean == 0 ? mean : _mean + (Weight * (mean - _mean)));
        if (aloneCount > 0)
            alone = alone == 0 ? (double)aloneSum / aloneCount : alone + (Weight * (((double)aloneSum / aloneCount) - alone));
        if (alone == 0 || mean < alone)
            alone = mean;
        Volatile.Write(ref _alone, alone);
    }

    /// <summary>Lets the time alone rise by a step, at most to the mean.</summary>
    public void Follow(double step)
    {
        if (_alone < _mean)
            Volatile.Write(ref _alone, Math.Min(_mean, _alone * step));
    }
}
