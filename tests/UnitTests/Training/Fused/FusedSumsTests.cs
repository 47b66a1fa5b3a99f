using Inference.Training.Fused;
using Xunit;

namespace UnitTests.Training.Fused;

public sealed class FusedSumsTests
{
    [Fact]
    public void QualityWith_AfterSomeChanges_IsThatOfTheDefinition()
    {
        ScenarioScores[] scenarios = [PlantedScores.Of(users: 30, sources: 3, planted: 1, seed: 1, noise: 2), PlantedScores.Of(users: 20, sources: 3, planted: 2, seed: 2, noise: 2)];
        var sums = new FusedSums([.. scenarios.Select(scenario => scenario.Users.ToArray())]);
        double[] scale = sums.Scale();
        for (int scenario = 0; scenario < scenarios.Length; scenario++)
            Assert.Equal(Ndcg(scenarios[scenario], [1, 0, 0]), scale[scenario], 1e-12);

        float[] weights = new float[3];
        foreach ((int source, float change) in ((int, float)[])[(0, 1f), (2, 0.25f), (1, -0.5f), (0, -0.75f)])
        {
            float[] changed = [.. weights];
            changed[source] += change;
            double expected = Enumerable.Range(0, 2).Average(scenario => Ndcg(scenarios[scenario], changed) / scale[scenario]);
            Assert.Equal(expected, sums.QualityWith(source, change, scale), 1e-12);
            sums.Change(source, change);
            weights = changed;
        }
    }

    [Fact]
    public void QualityWith_OfEqualScores_RanksTheEarlierItemFirst()
    {
        bool[] isTarget = new bool[30];
        isTarget[2] = isTarget[12] = true;
        var user = new ScenarioScores.UserItems([new float[30]], isTarget, Ideal: 2);
        // The third of thirty equal items is found, the thirteenth is not.
        Assert.Equal(1 / Math.Log2(4) / 2, new FusedSums([[user]]).QualityWith(0, 1, [1]), 1e-12);
    }

    private static double Ndcg(ScenarioScores scenario, float[] weights) => scenario.Users.Average(user =>
    {
        double[] sums = [.. Enumerable.Range(0, PlantedScores.Items).Select(item => weights.Select((weight, source) => (double)weight * user.Scores[source][item]).Sum())];
        int[] order = [.. Enumerable.Range(0, sums.Length).OrderByDescending(item => sums[item]).ThenBy(item => item).Take(10)];
        return order.Select((item, rank) => user.IsTarget[item] ? 1 / Math.Log2(rank + 2) : 0).Sum() / user.Ideal;
    });
}
