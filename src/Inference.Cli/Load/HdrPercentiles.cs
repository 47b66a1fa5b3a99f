using System.Globalization;
using System.Text;
using Inference.Recommendations;

namespace Inference.Cli.Load;

/// <summary>
/// A histogram at percentiles that lie the closer, the nearer they are to 100: five for each halving of the distance, as HdrHistogram's percentile distribution has them. Its text is the .hgrm format that the plotters of HdrHistogram read, in milliseconds.
/// </summary>
internal static class HdrPercentiles
{
    private const int TicksPerHalving = 5;

    /// <summary>Share in [0, 1], latency in nanoseconds, and how many recorded ones are not above it; ascending, the last one is the maximum.</summary>
    public static IEnumerable<(double Share, long Nanoseconds, long Count)> Of(LatencyHistogram histogram)
    {
        long total = histogram.Count;
        if (total == 0)
            yield break;
        for (double share = 0; share * total < total - 0.5;)
        {
            yield return (share, histogram.Quantile(share), Math.Max(1, (long)Math.Ceiling(share * total)));
            // Halvings so far: the step halves with each.
            double halvings = Math.Floor(Math.Log2(1 / (1 - share)) + 1e-9);
            share += Math.Pow(0.5, halvings + 1) / TicksPerHalving;
        }

        yield return (1, histogram.Max, total);
    }

    public static string Text(LatencyHistogram histogram)
    {
        var text = new StringBuilder();
        void Add(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Add($"{"Value",12} {"Percentile",14} {"TotalCount",10} {"1/(1-Percentile)",14}\n");
        foreach ((double share, long nanoseconds, long count) in Of(histogram))
        {
            string inverse = share < 1 ? (1 / (1 - share)).ToString("0.00", CultureInfo.InvariantCulture) : "";
            Add($"{Math.Round(nanoseconds / 1e6, 3).ToString("0.000", CultureInfo.InvariantCulture),12} {share.ToString("0.000000000000", CultureInfo.InvariantCulture)} {count,10} {inverse,14}");
        }

        Add($"#[Mean    = {Number(histogram.Mean),12}, StdDeviation   = {Number(histogram.StandardDeviation),12}]");
        Add($"#[Max     = {Number(histogram.Max),12}, Total count    = {histogram.Count,12}]");
        Add($"#[Buckets = {LatencyHistogram.Doublings,12}, SubBuckets     = {LatencyHistogram.BucketsPerDoubling,12}]");
        return text.ToString();

        static string Number(double nanoseconds) => (nanoseconds / 1e6).ToString("0.000", CultureInfo.InvariantCulture);
    }
}
