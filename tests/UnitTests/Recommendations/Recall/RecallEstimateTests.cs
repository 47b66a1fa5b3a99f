using Inference.Recommendations.Recall;
using Xunit;

namespace UnitTests.Recommendations.Recall;

public sealed class RecallEstimateTests
{
    [Fact]
    public void Estimate_OfNothing_KnowsNothing()
    {
        RecallEstimate estimate = new RecallEstimate.Sums().Estimate();

        Assert.Equal((0, 0.0, 1.0), (estimate.Samples, estimate.Lower, estimate.Upper));
        Assert.True(double.IsNaN(estimate.Recall));
    }

    [Fact]
    public void Estimate_WhereAllWasFound_IsWilsonsOfAsManySearches()
    {
        RecallEstimate estimate = Of(Enumerable.Repeat((10, 10), 100));

        // Not of the thousand items: they came together. 100 ÷ (100 + 1.96²).
        Assert.Equal((100, 1000L, 1000L), (estimate.Samples, estimate.Wanted, estimate.Hits));
        Assert.Equal((1.0, 1.0), (estimate.Recall, estimate.Upper));
        Assert.Equal(0.96301, estimate.Lower, 5);
    }

    [Fact]
    public void Estimate_WhereNothingWasFound_IsTheMirrorOfThat()
    {
        RecallEstimate estimate = Of(Enumerable.Repeat((10, 0), 100));

        Assert.Equal((0.0, 0.0), (estimate.Recall, estimate.Lower));
        Assert.Equal(1 - 0.96301, estimate.Upper, 5);
    }

    [Theory]
    [InlineData(400, 360, 0.86685, 0.92570)]
    [InlineData(400, 200, 0.45124, 0.54876)]
    public void Estimate_OfSingleItems_IsWilsonsBinomial(int searches, int found, double lower, double upper)
    {
        RecallEstimate estimate = Of(Enumerable.Range(0, searches).Select(i => (1, i < found ? 1 : 0)));

        // The figures are those of the textbook's formula; the variance is estimated, which widens it by less than 1 %.
        Assert.Equal((double)found / searches, estimate.Recall, 12);
        Assert.InRange(estimate.Lower, lower - 0.0005, lower + 1e-5);
        Assert.InRange(estimate.Upper, upper - 1e-5, upper + 0.0005);
    }

    [Fact]
    public void Estimate_WhereSearchesFindAllOrNothing_CountsSearchesAndNotItems()
    {
        RecallEstimate together = Of(Enumerable.Range(0, 200).Select(i => (10, i % 2 == 0 ? 10 : 0))), single = Of(Enumerable.Range(0, 200).Select(i => (1, i % 2)));

        Assert.Equal(single.Lower, together.Lower, 6);
        Assert.Equal(single.Upper, together.Upper, 6);
    }

    [Fact]
    public void Estimate_OfUnlikeSizes_WeighsByItems()
    {
        RecallEstimate estimate = Of([(100, 90), (10, 1), (10, 1)]);

        Assert.Equal(92 / 120.0, estimate.Recall, 12);
        Assert.True(estimate.Lower < 0.5 && estimate.Upper > 0.9);
    }

    /// <summary>Searches whose own recall varies (a beta distribution), 2,000 samples each: the interval has to hold the truth as often as it says, or little less where few searches speak.</summary>
    [Theory]
    [InlineData(50, 10, 0.90, 30, 0.93)]
    [InlineData(50, 10, 0.95, 10, 0.91)]
    [InlineData(200, 10, 0.95, 10, 0.93)]
    [InlineData(200, 100, 0.90, 5, 0.93)]
    [InlineData(1000, 10, 0.99, 5, 0.93)]
    [InlineData(1000, 50, 0.70, 2, 0.935)]
    public void Interval_OfSimulatedSearches_HoldsTheTruth(int searches, int wanted, double recall, double concentration, double least)
    {
        const int seed = 17, runs = 2_000;
        var random = new Random(seed);
        int held = 0;
        for (int run = 0; run < runs; run++)
        {
            var sums = new RecallEstimate.Sums();
            for (int i = 0; i < searches; i++)
            {
                double own = Beta(random, recall * concentration, (1 - recall) * concentration);
                int hits = 0;
                for (int item = 0; item < wanted; item++)
                    hits += random.NextDouble() < own ? 1 : 0;
                sums.Add(wanted, hits);
            }

            RecallEstimate estimate = sums.Estimate();
            held += estimate.Lower <= recall && recall <= estimate.Upper ? 1 : 0;
        }

        Assert.True((double)held / runs >= least, $"The interval held the truth in {(double)held / runs:P1} of the runs (seed {seed}).");
    }

    private static RecallEstimate Of(IEnumerable<(int Wanted, int Hits)> searches)
    {
        var sums = new RecallEstimate.Sums();
        foreach ((int wanted, int hits) in searches)
            sums.Add(wanted, hits);
        return sums.Estimate();
    }

    private static double Beta(Random random, double a, double b)
    {
        double x = Gamma(random, a), y = Gamma(random, b);
        return x / (x + y);
    }

    /// <summary>Marsaglia and Tsang's method; small shapes by the power of a uniform number.</summary>
    private static double Gamma(Random random, double shape)
    {
        if (shape < 1)
            return Gamma(random, shape + 1) * Math.Pow(1 - random.NextDouble(), 1 / shape);
        double d = shape - (1 / 3.0), c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()), v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(1 - random.NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v)))
                return d * v;
        }
    }
}
