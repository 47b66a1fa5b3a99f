namespace Inference.Cli.Load;

/// <summary>
/// Finds the highest rate that a server sustains.
/// <list type="number">
/// <item>Climb from the lowest rate by half of it each, until one is not sustained or the highest is.</item>
/// <item>Halve the gap, as a ratio, until it is small enough.</item>
/// <item>A rate counts as too high when it was not sustained twice: one pause of the machine must not decide.</item>
/// </list>
/// </summary>
/// <param name="lowest">The first rate that is tried, above 0.</param>
/// <param name="highest">No more than this is tried.</param>
/// <param name="precision">The gap that is small enough, as a share of the rate; above 0.</param>
internal sealed class RateSearch(double lowest, double highest, double precision)
{
    private const double Climb = 1.5;

    /// <summary>Runs the search.</summary>
    /// <param name="isSustained">Tries a rate.</param>
    /// <returns>The highest rate that was sustained; 0 when not even the lowest was.</returns>
    public async Task<double> RunAsync(Func<double, Task<bool>> isSustained)
    {
        double sustained = 0, tooHigh = 0;
        for (double rate = lowest; tooHigh == 0; rate = Math.Min(rate * Climb, highest))
        {
            if (!await TryTwiceAsync(rate))
                tooHigh = rate;
            else if (rate >= highest)
                return rate;
            else
                sustained = rate;
        }

        while (sustained > 0 && tooHigh > sustained * (1 + precision))
        {
            double middle = Math.Sqrt(sustained * tooHigh);
            if (await TryTwiceAsync(middle))
                sustained = middle;
            else
                tooHigh = middle;
        }

        return sustained;

        async Task<bool> TryTwiceAsync(double rate) => await isSustained(rate) || await isSustained(rate);
    }
}
