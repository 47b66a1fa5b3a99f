using Inference.Training.Chance;
using Xunit;

namespace UnitTests.Training.Chance;

public sealed class AliasTableTests
{
    [Fact]
    public void Draw_ManyTimes_FollowsTheWeights()
    {
        double[] weights = [0, 1, 2, 3, 0, 10, 0.5];
        var table = new AliasTable(weights);
        var random = new SeededRandom(11);
        int[] counts = new int[weights.Length];
        const int Draws = 165_000;
        for (int i = 0; i < Draws; i++)
            counts[table.Draw(ref random)]++;

        double chiSquare = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            double expected = Draws * weights[i] / weights.Sum();
            if (expected == 0)
                Assert.Equal(0, counts[i]);
            else
                chiSquare += Math.Pow(counts[i] - expected, 2) / expected;
        }

        // 4 degrees of freedom: above 23.5 once in 10,000 seeds.
        Assert.True(chiSquare < 23.5, $"chi-square {chiSquare}");
    }

    [Fact]
    public void Draw_WithOneWeight_IsThatOne()
    {
        var random = new SeededRandom(1);
        Assert.Equal(0, new AliasTable([3]).Draw(ref random));
    }

    [Theory]
    [InlineData()]
    [InlineData(0.0, 0.0)]
    [InlineData(1.0, -1.0)]
    [InlineData(1.0, double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Constructor_WithUnfitWeights_Throws(params double[] weights) => Assert.Throws<ArgumentException>(() => new AliasTable(weights));

    [Fact]
    public void Weights_OfZipf_FallWithTheRankByTheExponent()
    {
        double[] weights = Zipf.Weights(8, 2, offset: 0);
        Assert.Equal(4, weights[0] / weights[1], 1e-12);
        Assert.Equal(16, weights[1] / weights[7], 1e-12);
    }
}
