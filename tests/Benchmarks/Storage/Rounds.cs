namespace Benchmarks.Storage;

/// <summary>Figures out of rounds.</summary>
internal static class Rounds
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Median of the ratios within each round.</summary>
    public static double Ratio(double[] rates, double[] others) => Median(rates.Zip(others, static (rate, other) => rate / other));
}
