using Inference.Training.Chance;

namespace Inference.Training.Evaluation;

/// <summary>Percentile bootstrap over users (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993), with the draws of numpy's <c>RandomState(0).randint(0, n, (resamples, n))</c>.</summary>
internal static class Bootstrap
{
    private const uint Seed = 0;

    /// <summary>Means of resamples of users: series × resamples. All series are resampled with the same users, so that differences of means are paired.</summary>
    /// <param name="series">A value per user each; all of one length, at least 1.</param>
    public static double[][] Means(IReadOnlyList<double[]> series, int resamples)
    {
        int users = series[0].Length;
        var random = new NumpyRandom(Seed);
        int[] drawn = new int[users];
        double[][] means = [.. series.Select(_ => new double[resamples])];
        for (int resample = 0; resample < resamples; resample++)
        {
            random.Fill(drawn, users);
            for (int s = 0; s < means.Length; s++)
            {
                double[] values = series[s];
                double sum = 0;
                foreach (int user in drawn)
                    sum += values[user];
                means[s][resample] = sum / users;
            }
        }

        return means;
    }

    /// <summary>The 2.5 % and 97.5 % quantiles. Sorts the values.</summary>
    public static (double Low, double High) Interval(double[] values)
    {
        Array.Sort(values);
        return (Quantile(values, 0.025), Quantile(values, 0.975));
    }

    /// <summary>Linear between neighbours, as numpy's percentile.</summary>
    public static double Quantile(ReadOnlySpan<double> sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
    }
}
