using Inference.Training.Chance;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Xunit;

namespace UnitTests.Training.Evaluation;

public sealed class PairedBootstrapTests
{
    [Fact]
    public void Compare_OfTwoModels_AgreesWithTheDefinition()
    {
        double[] a = [0.2, 0.5, 0.9, 0.1, 0.4, 0.3, 0.8];
        double[] b = [0.1, 0.5, 0.6, 0.2, 0.1, 0.3, 0.7];
        ScenarioResult[] results = ResultsOf(b, a);
        PairedComparison found = Assert.Single(PairedBootstrap.Compare(results));

        double[] differences = [.. a.Zip(b, (x, y) => x - y)];
        var random = new NumpyRandom(0);
        double[] resampled = [.. Enumerable.Range(0, 5_000).Select(_ => Enumerable.Range(0, 7).Select(_ => differences[random.NextInt(7)]).Average()).Order()];
        Assert.Equal(("m1", "m0"), (found.Model, found.Baseline));
        Assert.Equal(differences.Average(), found.Difference, 1e-12);
        Assert.Equal(differences.Average() / b.Average(), found.Relative, 1e-12);
        // 2.5 % and 97.5 % of 4,999 steps: 124.975 and 4,874.025.
        Assert.Equal(resampled[124] + 0.975 * (resampled[125] - resampled[124]), found.Interval.Low, 1e-12);
        Assert.Equal(resampled[4874] + 0.025 * (resampled[4875] - resampled[4874]), found.Interval.High, 1e-12);
        double p = 2 * Math.Min(resampled.Count(x => x < 1e-12), resampled.Count(x => x > -1e-12)) / 5_000.0;
        Assert.Equal(p, found.P, 1e-12);
    }

    [Fact]
    public void Compare_OfAModelWithItself_FindsNothing()
    {
        double[] scores = [0.1, 0.7, 0.3];
        PairedComparison found = Assert.Single(PairedBootstrap.Compare(ResultsOf(scores, scores)));
        Assert.Equal(0, found.Difference);
        Assert.Equal((0, 0), found.Interval);
        Assert.Equal(1, found.P);
        Assert.False(found.IsSignificant);
    }

    [Fact]
    public void Compare_OfAModelThatIsBetterForEverybody_IsSure()
    {
        PairedComparison found = Assert.Single(PairedBootstrap.Compare(ResultsOf([0.1, 0.2, 0.3], [0.2, 0.4, 0.5])));
        Assert.Equal(0, found.P);
        Assert.True(found.IsSignificant);
    }

    [Fact]
    public void Compare_OfThreeModels_HoldsEachLaterAgainstEachEarlier() =>
        Assert.Equal([("m1", "m0"), ("m2", "m0"), ("m2", "m1")], PairedBootstrap.Compare(ResultsOf([0.1], [0.2], [0.3])).Select(pair => (pair.Model, pair.Baseline)));

    [Fact]
    public void Compare_OfDifferentScenarios_Throws() =>
        Assert.Throws<ArgumentException>(() => PairedBootstrap.Compare([ResultsOf([0.1])[0], ResultsOf([0.1])[0]]));

    private static ScenarioResult[] ResultsOf(params double[][] ndcg)
    {
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(1, (0, 1)), [new ScenarioUser("u", new RankingInput(default, 0), default, (int[])[0])]);
        return [.. ndcg.Select((scores, i) => new ScenarioResult($"m{i}", scenario, Metrics(scores), scores, [1], TimeSpan.Zero))];
    }

    private static ScenarioMetrics Metrics(double[] ndcg) => new()
    {
        Users = ndcg.Length, Skipped = 0, Ndcg10 = ndcg.Average(), Ndcg10Interval = (0, 0), Recall10 = 0, RecallAll10 = 0, Recall50 = 0, RecallAll50 = 0, Hit10 = 0, Mrr = 0, Coverage10 = 0, Gini10 = 0, Novelty10 = 0, Ild10 = 0,
    };
}
