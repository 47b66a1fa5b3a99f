namespace Inference.Towers.Batching;

/// <summary>
/// How long runs take, learned from those that were measured.
/// <list type="number">
/// <item><b>Each shape</b> (padded rows × padded length) keeps its own mean, exponentially weighted (1/16). The first four runs of a shape are slow for reasons that do not come again (buffers are bound, kernels
/// chosen), so of those the least counts.</item>
/// <item><b>Shapes not seen yet</b> are estimated by t = a + b·rows + c·rows·length, fitted to all runs by exponentially weighted least squares of the relative error (a large run counts no more than a small one),
/// where coefficients that come out negative are zero.</item>
/// <item><b>One hiccup is not a change.</b> A measurement counts for at most twice, and at least half, of what was expected: a 50 ms preemption raises an estimate by a sixteenth. If the next one is as far off
/// in the same direction the bound is four and the weight double, then eight and threefold, so that a change, a throttled processor for example, is believed within some runs.</item>
/// <item><b>Caution</b>, by which promises are multiplied, is 1 + twice the mean relative error, at most 2.</item>
/// </list>
/// Observing is for one thread at a time; estimates may be asked for meanwhile and are of before or after. <c>RunTimesTests</c> has all of it in synthetic seconds.
/// </summary>
internal sealed class RunTimes(BatchSizes sizes)
{
    private const double ShapeWeight = 1d / 16, ErrorWeight = 1d / 32, Forgetting = 1 - (1d / 128);
    private const int MaxStreak = 16;

    /// <summary>How many runs of a shape it takes until they count.</summary>
    public const int FirstRuns = 4;

    private readonly Shape[] _shapes = new Shape[sizes.Rows.Length * sizes.Lengths.Length];
    private readonly RunTimeFit _fit = new(Forgetting);
    private double _error;
    private int _streak;

    /// <summary>Whether a shape was run often enough to say anything; until then all estimates are 0.</summary>
    public bool Knows => _fit.Runs > 0;

    /// <summary>By how much a promise exceeds the estimate; 1 to 2.</summary>
    public double Caution => 1 + Math.Min(2 * _error, 1);

    /// <summary>Learns from a run.</summary>
    /// <param name="rowSize">A place in <see cref="BatchSizes.Rows"/>.</param>
    /// <param name="lengthSize">A place in <see cref="BatchSizes.Lengths"/>.</param>
    /// <param name="seconds">What it took.</param>
    public void Observe(int rowSize, int lengthSize, double seconds)
    {
        seconds = Math.Max(seconds, 1e-9);
        ref Shape shape = ref _shapes[(rowSize * sizes.Lengths.Length) + lengthSize];
        double expected = EstimateSize(rowSize, lengthSize);
        double believed = expected > 0 ? Believe(seconds, expected, shape.Runs) : seconds;
        if (shape.Runs < FirstRuns)
            shape.Seconds = shape.Runs == 0 ? seconds : Math.Min(shape.Seconds, seconds);
        else
            shape.Seconds += Math.Min(ShapeWeight * Math.Max(Math.Abs(_streak), 1), 0.5) * (believed - shape.Seconds);
        shape.Runs = Math.Min(shape.Runs + 1, FirstRuns);
        // What is fitted is the shape's mean: its noise is gone already, and its first runs with it.
        if (shape.Runs >= FirstRuns)
            _fit.Add(sizes.Rows[rowSize], sizes.Lengths[lengthSize], shape.Seconds);
    }

    /// <summary>Seconds that a run is expected to take; 0 when nothing is known yet.</summary>
    /// <param name="rows">Rows wanted, at least 1; more than the largest batch count as one.</param>
    /// <param name="length">The longest row.</param>
    public double Estimate(int rows, int length) => EstimateSize(sizes.RowSizeOf(Math.Min(rows, sizes.MaxBatch)), sizes.LengthSizeOf(length));

    /// <summary>As <see cref="Estimate"/>, by places in the tables of sizes.</summary>
    public double EstimateSize(int rowSize, int lengthSize)
    {
        ref readonly Shape shape = ref _shapes[(rowSize * sizes.Lengths.Length) + lengthSize];
        if (shape.Runs >= FirstRuns)
            return shape.Seconds;
        double fitted = _fit.Estimate(sizes.Rows[rowSize], sizes.Lengths[lengthSize]);
        return shape.Runs > 0 && Knows ? Math.Min(shape.Seconds, fitted) : fitted;
    }

    /// <summary>Most rows of a run that is expected to end within some seconds; at least 1.</summary>
    public int RowsWithin(double seconds, int length)
    {
        int lengthSize = sizes.LengthSizeOf(length);
        for (int size = sizes.Rows.Length - 1; size > 0; size--)
        {
            if (EstimateSize(size, lengthSize) <= seconds)
                return Math.Min(sizes.Rows[size], sizes.MaxBatch);
        }

        return 1;
    }

    private double Believe(double seconds, double expected, int runs)
    {
        int direction = seconds > 2 * expected ? 1 : seconds < expected / 2 ? -1 : 0;
        _streak = direction == 0 ? 0 : Math.Sign(_streak) == direction ? Math.Clamp(_streak + direction, -MaxStreak, MaxStreak) : direction;
        double bound = Math.ScaleB(1, Math.Max(Math.Abs(_streak), 1));
        double believed = Math.Clamp(seconds, expected / bound, expected * bound);
        if (runs >= FirstRuns)
            _error += ErrorWeight * (Math.Min(Math.Abs(seconds - expected) / expected, 1) - _error);
        return believed;
    }

    private struct Shape
    {
        public double Seconds;
        public int Runs;
    }
}
