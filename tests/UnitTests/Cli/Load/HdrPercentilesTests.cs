using System.Globalization;
using Inference.Cli.Load;
using Inference.Recommendations;
using Xunit;

namespace UnitTests.Cli.Load;

public sealed class HdrPercentilesTests
{
    [Fact]
    public void Of_ComesCloserToTheEndByHalvings()
    {
        LatencyHistogram histogram = Milliseconds(1000);
        (double Share, long Nanoseconds, long Count)[] rows = [.. HdrPercentiles.Of(histogram)];
        Assert.Equal([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6], rows.Take(8).Select(row => Math.Round(row.Share, 6)));
        Assert.Equal((1.0, 1_000_000_000L, 1000L), rows[^1]);
        Assert.All(rows.Zip(rows.Skip(1)), pair => Assert.True(pair.First.Share < pair.Second.Share && pair.First.Nanoseconds <= pair.Second.Nanoseconds && pair.First.Count <= pair.Second.Count));
        Assert.All(rows, row => Assert.Equal(Math.Max(1, row.Share * 1000) * 1e6, row.Nanoseconds, row.Nanoseconds * 0.005 + 1e6));
    }

    [Fact]
    public void Of_NothingRecorded_HasNoRows() => Assert.Empty(HdrPercentiles.Of(new LatencyHistogram()));

    [Fact]
    public void Text_HasTheColumnsAndTheFootThatPlottersRead()
    {
        string[] lines = HdrPercentiles.Text(Milliseconds(1000)).TrimEnd().Split('\n');
        Assert.Equal(["Value", "Percentile", "TotalCount", "1/(1-Percentile)"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(lines[1]);
        double[] median = [.. lines.Single(line => line.Contains(" 0.500000000000 ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        Assert.Equal([500, 0.5, 500, 2], median.Select(number => Math.Round(number, 0, MidpointRounding.ToEven)).Select((number, i) => i == 1 ? 0.5 : number));
        // Of 1 to 1,000: mean 500.5, standard deviation √((1000² − 1) / 12) = 288.67.
        Assert.Matches(@"^#\[Mean    = +500\.500, StdDeviation   = +28[89]\.\d{3}\]$", lines[^3]);
        Assert.Matches(@"^#\[Max     = +1000\.000, Total count    = +1000\]$", lines[^2]);
        Assert.Matches(@"^#\[Buckets = +\d+, SubBuckets     = +128\]$", lines[^1]);
    }

    private static LatencyHistogram Milliseconds(int most)
    {
        var histogram = new LatencyHistogram();
        for (int i = 1; i <= most; i++)
            histogram.Record(i * 1_000_000L);
        return histogram;
    }
}
