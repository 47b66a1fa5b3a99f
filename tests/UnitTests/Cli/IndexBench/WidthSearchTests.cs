using Inference.Cli.IndexBench;
using Xunit;

namespace UnitTests.Cli.IndexBench;

public sealed class WidthSearchTests
{
    [Theory]
    [InlineData(0.5, 10)]
    [InlineData(0.90, 36)]
    [InlineData(0.901, 37)]
    public void Lowest_WithRecallThatGrows_IsTheLowestThatReaches(double target, int expected)
    {
        // The recall at width w is w / (w + 4): 0.9 at 36.
        var search = new WidthSearch(10, 4096, Growing, Growing);
        Assert.Equal(expected, search.Lowest(target));
    }

    [Theory]
    [InlineData(0.97)]
    [InlineData(0.99)]
    [InlineData(0.999)]
    public void Lowest_WithAWideWidth_IsWithinASixtyFourthOfTheLowest(double target)
    {
        var search = new WidthSearch(10, 100_000, Growing, Growing);
        int exact = (int)Math.Ceiling(4 * target / (1 - target));
        int width = Assert.NotNull(search.Lowest(target));
        Assert.InRange(width, exact, exact + exact / 64 + 1);
    }

    [Fact]
    public void Lowest_WithASampleThatFlatters_IsConfirmedByAllQueries()
    {
        var search = new WidthSearch(10, 4096, static width => Math.Min(1, Growing(width) + 0.02), Growing);
        Assert.Equal(36, search.Lowest(0.90));
    }

    [Fact]
    public void Lowest_WithASampleThatIsHarder_GoesDown()
    {
        var search = new WidthSearch(10, 4096, static width => Growing(width) - 0.02, Growing);
        Assert.Equal(36, search.Lowest(0.90));
    }

    [Fact]
    public void Lowest_OfWhatNoWidthReaches_IsNothing()
    {
        var search = new WidthSearch(10, 1000, static width => 0.8 * Growing(width), static width => 0.8 * Growing(width));
        Assert.Null(search.Lowest(0.9));
        Assert.InRange(search.Measured.Values.Max(), 0.79, 0.8);
        Assert.Equal(1000, search.Measured.Keys.Max());
    }

    [Fact]
    public void Lowest_WithLeastAndMostTheSame_TriesOnlyThat()
    {
        var search = new WidthSearch(10, 10, Growing, Growing);
        Assert.Equal(10, search.Lowest(0.7));
        Assert.Null(search.Lowest(0.8));
    }

    [Fact]
    public void Lowest_ForSeveralTargets_MeasuresNoWidthTwice()
    {
        var measured = new List<int>();
        var search = new WidthSearch(10, 4096, Growing, width =>
        {
            measured.Add(width);
            return Growing(width);
        });
        foreach (double target in new[] { 0.9, 0.95, 0.99, 0.9 })
            search.Lowest(target);
        Assert.Equal(measured.Distinct(), measured);
    }

    private static double Growing(int width) => width / (width + 4.0);
}
