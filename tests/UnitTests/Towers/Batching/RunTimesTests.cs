using Inference.Towers.Batching;
using Xunit;

namespace UnitTests.Towers.Batching;

/// <summary>The model of run times, with synthetic seconds.</summary>
public sealed class RunTimesTests
{
    private const double Microsecond = 1e-6;
    private static readonly BatchSizes Sizes = BatchSizes.Of(new FakeRunner(maxBatch: 32, maxLength: 20));

    private readonly RunTimes _times = new(Sizes);

    [Fact]
    public void Estimate_WithoutRuns_IsNothing()
    {
        Assert.False(_times.Knows);
        Assert.Equal(0, _times.Estimate(5, 3));
        Assert.Equal(32, _times.RowsWithin(1e-9, 20));
    }

    [Fact]
    public void Estimate_OfAShapeThatWasSeen_IsItsMean()
    {
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
            Observe(8, 5, 100 * Microsecond * (1 + (0.2 * (random.NextDouble() - 0.5))));
        Assert.Equal(100 * Microsecond, _times.Estimate(8, 5), 5 * Microsecond);
        Assert.InRange(_times.Caution, 1.02, 1.25);
    }

    [Fact]
    public void Estimate_OfAShapeNotSeen_FollowsTheOthers()
    {
        foreach ((int rows, int length) in new[] { (1, 1), (1, 20), (4, 7), (16, 3), (32, 1), (32, 20), (8, 12) })
        {
            for (int i = 0; i < 10; i++)
                Observe(rows, length, Linear(rows, length));
        }

        foreach ((int rows, int length) in new[] { (2, 2), (10, 10), (32, 10), (1, 10), (20, 20) })
            Assert.InRange(_times.Estimate(rows, length) / Linear(rows, length), 0.95, 1.05);
    }

    [Fact]
    public void Estimate_WhereOnlyOneLengthOccurs_IsNeverNegative()
    {
        for (int i = 0; i < 100; i++)
        {
            foreach (int rows in (int[])[1, 2, 3, 32])
                Observe(rows, 4, 20 * Microsecond + (rows * 3 * Microsecond));
        }

        Assert.Equal(20 * Microsecond + (16 * 3 * Microsecond), _times.Estimate(16, 4), 3 * Microsecond);
        Assert.InRange(_times.Estimate(1, 1), 1 * Microsecond, 30 * Microsecond);
        Assert.InRange(_times.Estimate(32, 20), _times.Estimate(32, 4) - Microsecond, 1000 * Microsecond);
    }

    [Fact]
    public void Observe_OfSlowFirstRuns_ForgetsThem()
    {
        Observe(4, 4, 80_000 * Microsecond);
        Observe(4, 4, 400 * Microsecond);
        for (int i = 0; i < 3; i++)
            Observe(4, 4, 50 * Microsecond);
        Assert.Equal(50 * Microsecond, _times.Estimate(4, 4), 1 * Microsecond);
    }

    [Fact]
    public void Observe_OfOneHiccup_BarelyMoves()
    {
        for (int i = 0; i < 100; i++)
            Observe(4, 4, 100 * Microsecond);
        Observe(4, 4, 50_000 * Microsecond);
        Assert.InRange(_times.Estimate(4, 4), 100 * Microsecond, 107 * Microsecond);
        Assert.InRange(_times.Estimate(9, 9), 1 * Microsecond, 2000 * Microsecond);
        Assert.InRange(_times.Caution, 1, 1.1);
        for (int i = 0; i < 40; i++)
            Observe(4, 4, 100 * Microsecond);
        Assert.Equal(100 * Microsecond, _times.Estimate(4, 4), 1 * Microsecond);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(0.1)]
    [InlineData(0.01)]
    public void Observe_OfALastingChange_FollowsWithinSomeRuns(double factor)
    {
        for (int i = 0; i < 100; i++)
            Observe(4, 4, 100 * Microsecond);
        int runs = 0;
        while (_times.Estimate(4, 4) / (100 * Microsecond * factor) is < 0.7 or > 1.4)
        {
            Observe(4, 4, 100 * Microsecond * factor);
            Assert.InRange(++runs, 1, 25);
        }
    }

    [Fact]
    public void RowsWithin_GivesTheMostThatFitAndAtLeastOne()
    {
        for (int i = 0; i < 10; i++)
        {
            for (int rows = 1; rows <= 32; rows++)
                Observe(rows, 1, rows * 10 * Microsecond);
        }

        Assert.Equal(7, _times.RowsWithin(75 * Microsecond, 1));
        Assert.Equal(32, _times.RowsWithin(1, 1));
        Assert.Equal(1, _times.RowsWithin(1 * Microsecond, 1));
    }

    private static double Linear(int rows, int length) => (20 + (1.5 * rows) + (0.25 * rows * length)) * Microsecond;

    private void Observe(int rows, int length, double seconds) => _times.Observe(Sizes.RowSizeOf(rows), Sizes.LengthSizeOf(length), seconds);
}
