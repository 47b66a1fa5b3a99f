using Inference.Recommendations;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Quantile_OfManyScales_IsWithinOnePercentOfTheSortedValues(int seed)
    {
        var random = new Random(seed);
        var histogram = new LatencyHistogram();
        // From nanoseconds to minutes, log-uniform.
        long[] values = [.. Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * Math.Log(1e11)))];
        foreach (long value in values)
            histogram.Record(value);
        Array.Sort(values);
        foreach (double share in (double[])[0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1])
        {
            long exact = values[Math.Max(0, (int)Math.Ceiling(share * values.Length - 1e-9) - 1)];
            Assert.InRange(histogram.Quantile(share), exact * 0.99 - 1, exact * 1.01 + 1);
        }

        Assert.Equal(values.Average(), histogram.Mean, values.Average() * 1e-9);
        Assert.Equal(values[^1], histogram.Max);
        Assert.Equal(values.Length, histogram.Count);
    }

    [Fact]
    public void Quantile_OfEveryPowerOfTwoAndItsNeighbours_IsWithinHalfAPercent()
    {
        for (int bit = 0; bit <= 40; bit++)
        {
            foreach (long value in (long[])[(1L << bit) - 1, 1L << bit, (1L << bit) + 1])
            {
                var histogram = new LatencyHistogram();
                histogram.Record(value);
                histogram.Record(long.MaxValue); // so that the maximum does not stand in for the bucket
                Assert.InRange(histogram.Quantile(0.5), value * 0.996, value * 1.004);
            }
        }
    }

    [Fact]
    public void Record_OfNonsense_IsClamped()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        Assert.Equal(0, histogram.Quantile(0.5));
        histogram.Record(long.MaxValue);
        Assert.InRange(histogram.Max, (long)(35 * 60e9), (long)(37 * 60e9));
    }

    [Fact]
    public void Quantile_OfNothing_IsZero()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.Quantile(0.99));
        Assert.Equal(0, histogram.Mean);
    }

    [Fact]
    public void Record_FromManyThreads_LosesNothing()
    {
        var histogram = new LatencyHistogram();
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 50_000; i++)
                histogram.Record(thread * 1000 + i % 7);
        });
        Assert.Equal(400_000, histogram.Count);
        Assert.Equal(7006, histogram.Max);
    }
}
