namespace Inference.Training.TwoTower;

/// <summary>Learning rate that rises to its peak and falls to almost nothing, both along half a cosine (Smith and Topin, "Super-convergence", 2018).</summary>
internal static class OneCycle
{
    private const double FirstShare = 1.0 / 25;
    private const double LastShare = 1e-4;
    private const double RisingShare = 0.1;

    /// <param name="step">From 0.</param>
    /// <param name="steps">Of the whole training.</param>
    /// <param name="peak">The highest rate.</param>
    public static double Rate(int step, int steps, double peak)
    {
        double rising = Math.Max(1, RisingShare * steps);
        return step < rising ? Between(peak * FirstShare, peak, step / rising) : Between(peak, peak * LastShare, (step - rising) / Math.Max(1, steps - rising));
    }

    private static double Between(double from, double to, double share) => to + (from - to) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, share)));
}
