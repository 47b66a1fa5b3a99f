namespace Inference.Training.Evaluation;

/// <summary>How much more one series has than the first one, as a share of its mean.</summary>
/// <param name="Lift">mean ∕ mean of the first − 1; NaN where that is 0.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end.</param>
public sealed record PairedRatio(double Lift, double Low, double High)
{
    /// <summary>Every series against the first one: percentile bootstrap over the places, the same draws for both.</summary>
    /// <param name="series">At least one, all of one length that is not 0.</param>
    /// <param name="resamples">How many draws.</param>
    public static IReadOnlyList<PairedRatio> Of(IReadOnlyList<double[]> series, int resamples)
    {
        double[][] means = Bootstrap.Means(series, resamples);
        double first = series[0].Average();
        return [.. series.Zip(means, (values, drawn) =>
        {
            (double low, double high) = Bootstrap.Interval([.. drawn.Zip(means[0], (own, baseline) => baseline == 0 ? 0 : (own / baseline) - 1)]);
            return new PairedRatio(first == 0 ? double.NaN : (values.Average() / first) - 1, low, high);
        })];
    }
}
