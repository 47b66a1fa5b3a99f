using Inference.Recommendations.Exploration;
using Xunit;

namespace UnitTests.Recommendations.Exploration;

public sealed class ChoiceRuleTests
{
    private const double Rate = 0.05;

    private static readonly PoolItem[] Pool = [new(7, 1.2f, 0, 0), new(3, 0.5f, 40, 6), new(9, 0f, 10, 0), new(4, -0.3f, 400, 4), new(1, -1.4f, 5, 1)];

    [Theory]
    [InlineData(ExplorationPolicy.Off)]
    [InlineData(ExplorationPolicy.EpsilonGreedy)]
    [InlineData(ExplorationPolicy.Softmax)]
    [InlineData(ExplorationPolicy.Thompson)]
    [InlineData(ExplorationPolicy.Ucb)]
    public void Weigh_ByAnyPolicy_GivesProbabilities(ExplorationPolicy policy)
    {
        double[] probabilities = Weigh(ChoiceRule.Of(policy, new ExplorationOptions()));

        Assert.Equal(policy, ChoiceRule.Of(policy, new ExplorationOptions()).Policy);
        Assert.Equal(1, probabilities.Sum(), 1e-12);
        Assert.All(probabilities, probability => Assert.InRange(probability, 0, 1));
    }

    [Fact]
    public void Weigh_EpsilonGreedy_SharesEpsilonAmongAll() =>
        Assert.Equal([0.84, 0.04, 0.04, 0.04, 0.04], Weigh(new EpsilonGreedyRule(0.2)), (a, b) => Math.Abs(a - b) < 1e-12);

    [Fact]
    public void Weigh_Softmax_HasTheRatiosOfItsScores()
    {
        double[] probabilities = Weigh(new SoftmaxRule(0.5));

        Assert.Equal(Math.Exp((1.2f - 0.5f) / 0.5), probabilities[0] / probabilities[1], 1e-6);
        Assert.Equal(Math.Exp((0f - -1.4f) / 0.5), probabilities[2] / probabilities[4], 1e-5);
    }

    /// <summary>The integral worked out by scipy over 400,000 steps.</summary>
    [Fact]
    public void Weigh_Thompson_IsTheProbabilityOfTheHighestDraw()
    {
        double[] probabilities = Weigh(new ThompsonRule(20));

        double[] expected = [0.324243, 0.667383, 0.008042, 0.0, 0.000332];
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], probabilities[i], 0.01);
    }

    [Fact]
    public void Weigh_ThompsonOfTwins_IsFair()
    {
        PoolItem[] twins = [.. Enumerable.Range(0, 50).Select(row => new PoolItem(row, 0f, 0, 0))];
        var probabilities = new double[twins.Length];

        new ThompsonRule(20).Weigh(twins, Rate, probabilities);

        Assert.All(probabilities, probability => Assert.Equal(0.02, probability, 1e-6));
    }

    [Fact]
    public void Weigh_ThompsonAsClicksCome_GoesToTheClicked()
    {
        double[] before = new double[2], after = new double[2];
        var rule = new ThompsonRule(20);

        rule.Weigh([new(0, 0, 100, 5), new(1, 0, 100, 5)], Rate, before);
        rule.Weigh([new(0, 0, 100, 5), new(1, 0, 100, 20)], Rate, after);

        Assert.Equal(0.5, before[1], 1e-6);
        Assert.True(after[1] > 0.99, $"{after[1]}");
    }

    [Fact]
    public void Weigh_Ucb_TakesWhatIsLessKnownOfEquals()
    {
        var probabilities = new double[2];

        new UcbRule(width: 2, priorImpressions: 20).Weigh([new(0, 0, 1000, 50), new(1, 0, 10, 0.5f)], Rate, probabilities);

        Assert.Equal([0, 1], probabilities);
    }

    [Theory]
    [InlineData(ExplorationPolicy.EpsilonGreedy)]
    [InlineData(ExplorationPolicy.Softmax)]
    [InlineData(ExplorationPolicy.Thompson)]
    public void Draw_AMillionTimes_HasTheStatedFrequencies(ExplorationPolicy policy)
    {
        const int draws = 1_000_000;
        double[] probabilities = Weigh(ChoiceRule.Of(policy, new ExplorationOptions()));
        var drawn = new long[Pool.Length];
        var chance = new RequestChance($"many draws {policy}");

        for (int i = 0; i < draws; i++)
            drawn[chance.Draw(probabilities)]++;

        double chi = 0;
        for (int i = 0; i < drawn.Length; i++)
        {
            if (probabilities[i] * draws < 5)
                continue;
            double expected = probabilities[i] * draws;
            chi += (drawn[i] - expected) * (drawn[i] - expected) / expected;
        }

        // The 99.99 % quantile of χ² with 4 degrees of freedom; the seed is fixed.
        Assert.True(chi < 23.5, $"χ² = {chi}");
    }

    [Fact]
    public void Draw_WithOneSeed_IsTheSameEachTime()
    {
        RequestChance first = new("request 1"), again = new("request 1"), other = new("request 2");

        double number = first.Next();

        Assert.Equal(number, again.Next());
        Assert.NotEqual(number, other.Next());
        Assert.InRange(number, 0, 1);
    }

    [Fact]
    public void Draw_NeverTakesWhatHasNoProbability()
    {
        var chance = new RequestChance("zeros");

        for (int i = 0; i < 1_000; i++)
            Assert.Equal(1, chance.Draw([0, 1, 0]));
    }

    private static double[] Weigh(ChoiceRule rule)
    {
        var probabilities = new double[Pool.Length];
        rule.Weigh(Pool, Rate, probabilities);
        return probabilities;
    }
}
