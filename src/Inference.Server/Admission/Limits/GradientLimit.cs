namespace Inference.Server.Admission.Limits;

/// <summary>
/// How many calls are worked on at once: as many as keep the median call within a tolerance of what it takes alone. After the gradient of Netflix' concurrency-limits; ADR 40 says what is different and why.
/// <list type="number">
/// <item>each call is compared with the time that its own method takes alone (<see cref="MethodTimes"/>)</item>
/// <item>a window is closed by the first call that ends after it; its median m, which pauses and single dear calls do not move, gives the gradient g = min(1, tolerance ÷ m), at least ½</item>
/// <item>a call whose caller is in a hurry may take less: a quarter of its timeout, for the rest goes to waiting, to reading and to sending, but never less than twice what it takes alone (its stretch counts for as much more)</item>
/// <item>limit ← limit × g + √limit, half of the way down, a fifth of the way up; up only while the limit is reached, down from what was reached</item>
/// <item>where so few calls share the processors that this cannot be what stretches them, fewer are not the answer: calls have become dearer, and the times alone follow</item>
/// </list>
/// No timer and no lock; adding is safe from all threads.
/// </summary>
internal sealed class GradientLimit
{
    private const double Down = 0.5, Up = 0.2, Reached = 0.9, Used = 0.5, NearMin = 1.15, FollowStep = 1.1;

    /// <summary>What a call may take of its timeout, and how many times longer than alone it may take however short that is.</summary>
    private const double OfTimeout = 0.25, LeastTolerance = 2;

    private const int LeastSamples = 16;

    private readonly MethodTimes[] _methods;
    private readonly StretchHistogram _stretch = new();
    private readonly StretchHistogram _felt = new();
    private readonly int _min;
    private readonly int _max;
    private readonly double _tolerance;
    private readonly int _processors;
    private readonly long _window;
    private double _exact;
    private int _limit;
    private int _samples;
    private int _peak;
    private long _windowEnd;
    private int _isClosing;

    /// <param name="min">Least limit.</param>
    /// <param name="max">Most.</param>
    /// <param name="tolerance">How many times longer than alone the median call may take.</param>
    /// <param name="methods">How many methods are told apart.</param>
    /// <param name="processors">Calls that do not disturb each other.</param>
    /// <param name="window">Least length of a window, in ticks of timestamps.</param>
    public GradientLimit(int min, int max, double tolerance, int methods, int processors, long window)
    {
        (_min, _max, _tolerance, _processors, _window) = (min, max, tolerance, Math.Max(1, processors), window);
        _methods = [.. Enumerable.Range(0, methods).Select(_ => new MethodTimes())];
        // In the middle of orders of magnitude: a first overload is noticed within a second either way.
        _exact = Math.Sqrt((double)min * max);
        _limit = (int)_exact;
    }

    /// <summary>How many calls may be worked on at once.</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>As many as would not be stretched too far if they shared nothing but the processors.</summary>
    private double Fewest => Math.Max(NearMin * _min, _tolerance * _processors);

    /// <summary>What is known of a method's times.</summary>
    public MethodTimes TimesOf(int method) => _methods[method];

    /// <summary>Tells of a call that ended.</summary>
    /// <param name="method">Which of the methods it called.</param>
    /// <param name="ticks">How long it took since it was let in.</param>
    /// <param name="inFlight">How many there were when it was, itself among them.</param>
    /// <param name="now">The present timestamp.</param>
    /// <param name="timeout">How long its caller waits, in ticks; <see cref="long.MaxValue"/> where it does not say.</param>
    public void Add(int method, long ticks, int inFlight, long now, long timeout = long.MaxValue)
    {
        MethodTimes times = _methods[method];
        times.Add(ticks, Math.Min(1, (double)_processors / inFlight));
        if (times.Alone is > 0 and double alone)
        {
            double stretch = ticks / alone;
            _stretch.Add(stretch);
            _felt.Add(Math.Max(stretch, ticks * _tolerance / Math.Max(OfTimeout * timeout, Math.Min(LeastTolerance, _tolerance) * alone)));
        }

        // Races lose a sample or a peak, never more.
        if (inFlight > Volatile.Read(ref _peak))
            Volatile.Write(ref _peak, inFlight);
        if (Interlocked.Increment(ref _samples) >= LeastSamples && now >= Volatile.Read(ref _windowEnd))
            Close(now);
    }

    private void Close(long now)
    {
        if (Interlocked.Exchange(ref _isClosing, 1) != 0)
            return;
        if (now >= _windowEnd)
        {
            Volatile.Write(ref _windowEnd, now + _window);
            Volatile.Write(ref _samples, 0);
            int peak = Interlocked.Exchange(ref _peak, 0);
            double stretch = _stretch.TakeMedian(), felt = _felt.TakeMedian();
            foreach (MethodTimes method in _methods)
                method.Close();
            if (felt > 0)
                Adapt(stretch, felt, peak);
        }

        Volatile.Write(ref _isClosing, 0);
    }

    private void Adapt(double stretch, double felt, int peak)
    {
        double gradient = Math.Clamp(_tolerance / felt, 0.5, 1);
        if (peak < Used * _limit)
        {
            // What did not use the limit says nothing about it, but that so many are too many already.
            if (gradient == 1 || peak <= Fewest)
                return;
            _exact = peak;
        }

        double wanted = (_exact * gradient) + Math.Sqrt(_exact);
        if (wanted < _exact)
            _exact += Down * (wanted - _exact);
        else if (peak >= Reached * _limit)
            _exact += Up * (wanted - _exact);
        _exact = Math.Clamp(_exact, _min, _max);
        Volatile.Write(ref _limit, (int)Math.Round(_exact));
        // So few that sharing the processors cannot be what stretches them.
        if (stretch > _tolerance && _exact <= Fewest)
        {
            foreach (MethodTimes method in _methods)
                method.Follow(FollowStep);
        }
    }
}
