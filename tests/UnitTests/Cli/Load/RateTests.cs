using Inference.Cli.Load;
using Xunit;

namespace UnitTests.Cli.Load;

public sealed class RateTests
{
    [Theory]
    [InlineData("1000", new double[] { 1000 })]
    [InlineData("500,1000, 2000", new double[] { 500, 1000, 2000 })]
    [InlineData("500:3000:500", new double[] { 500, 1000, 1500, 2000, 2500, 3000 })]
    [InlineData("0.1:0.5:0.2", new double[] { 0.1, 0.3, 0.5 })]
    [InlineData("500:1200:500", new double[] { 500, 1000 })]
    public void Parse_ReadsRatesListsAndRanges(string text, double[] rates)
    {
        double[]? read = RateSteps.Parse(text, out string error);
        Assert.Empty(error);
        Assert.Equal(rates.Length, read?.Length);
        Assert.All(rates.Zip(read!), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("100,")]
    [InlineData("0")]
    [InlineData("500,300000")]
    [InlineData("1:2")]
    [InlineData("500:100:50")]
    [InlineData("1:1000:0")]
    [InlineData("1:1000:1")]
    public void Parse_OfNoRates_SaysWhy(string text)
    {
        Assert.Null(RateSteps.Parse(text, out string error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData(4321)]
    [InlineData(100)]
    [InlineData(99_000)]
    public async Task Search_FindsTheHighestRateToItsPrecision(double truth)
    {
        int tries = 0;
        double found = await new RateSearch(100, 100_000, 0.03).RunAsync(rate =>
        {
            tries++;
            return Task.FromResult(rate <= truth);
        });
        Assert.InRange(found, truth / 1.0301, truth);
        Assert.InRange(tries, 1, 40);
    }

    [Fact]
    public async Task Search_BeyondTheHighest_GivesTheHighest() => Assert.Equal(8000, await new RateSearch(100, 8000, 0.03).RunAsync(_ => Task.FromResult(true)));

    [Fact]
    public async Task Search_BelowTheLowest_GivesNothing() => Assert.Equal(0, await new RateSearch(100, 8000, 0.03).RunAsync(_ => Task.FromResult(false)));

    [Fact]
    public async Task Search_TriesARateASecondTimeBeforeItGivesItUp()
    {
        // Every first try fails, as if the machine paused; the second tells the truth.
        var seen = new HashSet<double>();
        double found = await new RateSearch(100, 100_000, 0.03).RunAsync(rate => Task.FromResult(!seen.Add(rate) && rate <= 5000));
        Assert.InRange(found, 5000 / 1.0301, 5000);
    }
}
