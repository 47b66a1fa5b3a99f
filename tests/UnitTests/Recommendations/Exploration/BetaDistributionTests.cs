using Inference.Recommendations.Exploration;
using Xunit;

namespace UnitTests.Recommendations.Exploration;

public sealed class BetaDistributionTests
{
    /// <summary>Values of scipy.special.betainc.</summary>
    [Theory]
    [InlineData(0.2, 19.8, 0.01, 0.7611625538225938)]
    [InlineData(2, 3, 0.5, 0.6875)]
    [InlineData(50, 950, 0.06, 0.9209433460989445)]
    [InlineData(0.02, 5, 1e-5, 0.827890606376129)]
    [InlineData(120, 4000, 0.03, 0.6403322400802605)]
    public void Cdf_OfKnownCases_IsThatOfScipy(double a, double b, double x, double expected) =>
        Assert.Equal(expected, BetaDistribution.Cdf(a, b, x, 1 - x), 1e-10);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(5, 3.1780538303479458)]
    [InlineData(0.5, 0.5723649429247001)]
    [InlineData(101, 363.73937555556349)]
    public void LogGamma_OfKnownValues_IsTheirs(double x, double expected) => Assert.Equal(expected, BetaDistribution.LogGamma(x), 1e-11);

    [Fact]
    public void Table_BetweenItsSteps_IsNearTheDistribution()
    {
        var table = new LogitBeta(3, 60);

        for (double logit = -8; logit < 2; logit += 0.013)
        {
            double rate = 1 / (1 + Math.Exp(-logit));
            Assert.Equal(BetaDistribution.Cdf(3, 60, rate, 1 - rate), table.Cdf(logit), 0.002);
        }
    }
}
