using Inference.Training.Chance;

namespace Inference.Cli.Load;

/// <summary>When requests are meant to be sent. Depends on rate and seed alone, never on how the server does: that is what makes the loop open.</summary>
internal sealed class ArrivalSchedule
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly double _gap;
    private readonly Arrivals _arrivals;
    private SeededRandom _random;
    private long _count;
    private double _next;

    /// <param name="rate">Requests per second, above 0.</param>
    /// <param name="arrivals">How the gaps are drawn.</param>
    /// <param name="seed">Names the chance.</param>
    public ArrivalSchedule(double rate, Arrivals arrivals, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        _gap = NanosecondsPerSecond / rate;
        _arrivals = arrivals;
        _random = new SeededRandom(seed);
    }

    /// <summary>The next time, in nanoseconds since the start; ascending.</summary>
    public long Next()
    {
        if (_arrivals == Arrivals.Constant)
            return (long)(_count++ * _gap);
        _next += _gap * _random.NextExponential();
        return (long)_next;
    }
}
