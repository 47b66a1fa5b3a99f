using Inference.Training.Models;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Models;

public sealed class ContextModelTests
{
    private static readonly ColdSplit Split = SmallShop.Split;
    private static readonly int[] Labels = [.. Enumerable.Range(0, Split.Training.Count).Select(user => user % SmallShop.Shelves)];

    [Fact]
    public void Score_OfAContext_IsItsShrunkRate()
    {
        double[] scores = Score(ContextPopularity.Fit(Split, SmallShop.Contexts, [0], 20), user: 2);
        int group = 0;
        for (int user = 2; user < Split.Training.Count; user += SmallShop.Shelves)
            group += Split.Training[user].Contains(6) ? 1 : 0;
        Assert.Equal((group + 20 * Split.Items.TrainingUsers[6] / 300.0) / (75 + 20), scores[6], 1e-12);
    }

    [Fact]
    public void Score_WithoutContext_IsPopularity()
    {
        double[] shares = [.. Split.Items.TrainingUsers.Select(users => users / 300.0)];
        Assert.Equal(shares, Score(ContextPopularity.Fit(Split, SmallShop.Contexts, [0], 20), user: -1));
        double[] logs = Score(ContextNaiveBayes.Fit(Split, SmallShop.Contexts, 20, 0.5), user: -1);
        Assert.Equal(Math.Log(shares[3]), logs[3], 1e-12);
    }

    [Fact]
    public void Score_OfNaiveBayes_PrefersWhatTheContextPrefers()
    {
        double[] scores = Score(ContextNaiveBayes.Fit(Split, SmallShop.Contexts, 20, 1), user: 1);
        double on = Enumerable.Range(0, SmallShop.Items).Where(item => SmallShop.ShelfOf(item) == 1).Min(item => scores[item]);
        double off = Enumerable.Range(0, SmallShop.Items).Where(item => SmallShop.ShelfOf(item) != 1).Max(item => scores[item]);
        Assert.True(on > off);
    }

    [Fact]
    public void Posterior_OfAContext_FollowsItsTable()
    {
        ClusterBayes clusters = ClusterBayes.Fit(Split, SmallShop.Contexts, Labels, SmallShop.Shelves, new ClusterBayesOptions());
        double[] weights = new double[SmallShop.Shelves];
        clusters.Posterior(new RankingInput(default, 2), weights);
        double prior = 76 / 304.0, with = (75 + 20 * prior) / 95, without = 20 * prior / 95;
        Assert.Equal(with / (with + 3 * without), weights[2], 1e-9);
        Assert.Equal(1, weights.Sum(), 1e-12);
    }

    [Fact]
    public void Posterior_OfASession_CountsWhatWasPassedBy()
    {
        ClusterBayes clusters = ClusterBayes.Fit(Split, null, Labels, SmallShop.Shelves, new ClusterBayesOptions());
        double[] weights = new double[SmallShop.Shelves];
        clusters.Posterior(-1, clicked: [4], passed: [1, 2], weights);
        double[] expected = [.. Enumerable.Range(0, 4).Select(c => (double)clusters.Rates(c)[4] * (1 - clusters.Rates(c)[1]) * (1 - clusters.Rates(c)[2]))];
        Assert.Equal(expected[3] / expected.Sum(), weights[3], 1e-6);
    }

    [Fact]
    public void Posterior_OfAVeryLongHistory_StaysFinite()
    {
        ClusterBayes clusters = ClusterBayes.Fit(Split, null, Labels, SmallShop.Shelves, new ClusterBayesOptions(ClickWeight: 1));
        double[] weights = new double[SmallShop.Shelves];
        clusters.Posterior(new RankingInput(Enumerable.Repeat(5, 2000).ToArray(), -1), weights);
        Assert.Equal(1, weights[1], 1e-9);
        Assert.Equal(1, weights.Sum(), 1e-9);
    }

    private static double[] Score(RankingModel model, int user)
    {
        double[] scores = new double[SmallShop.Items];
        model.Score(new RankingInput(default, user), scores);
        return scores;
    }
}
