using Inference.Training.Fused;
using Xunit;

namespace UnitTests.Training.Fused;

public sealed class WeightSearchTests
{
    private static readonly bool[] All = [true, true, true, true];

    [Fact]
    public void Find_WithAPlantedSource_GivesItMostOfTheWeight()
    {
        float[] weights = new WeightSearch(seed: 1).Find([PlantedScores.Of(users: 200, sources: 4, planted: 2)], [0.7f, 0.3f, 0, 0], All, CancellationToken.None);
        Assert.Equal(2, Array.IndexOf(weights, weights.Max()));
        Assert.Equal(1, weights.Sum(Math.Abs), 1e-5);
    }

    [Fact]
    public void Find_WhereNothingHelps_KeepsThePrior()
    {
        float[] prior = [0.05f, 0.9f, 0.05f, 0];
        float[] weights = new WeightSearch(seed: 1).Find([PlantedScores.Of(users: 100, sources: 4, planted: 1, noise: 0)], prior, All, CancellationToken.None);
        for (int source = 0; source < prior.Length; source++)
            Assert.Equal(prior[source], weights[source], 1e-5f);
    }

    [Fact]
    public void Find_WithASourceThatMayNotChange_LeavesItWhereItWas()
    {
        float[] weights = new WeightSearch(seed: 1).Find([PlantedScores.Of(users: 200, sources: 4, planted: 2)], [0.7f, 0.3f, 0, 0], [true, true, false, true], CancellationToken.None);
        Assert.Equal(0, weights[2]);
    }

    [Fact]
    public void Find_WithFewUsers_TrustsThePriorMore()
    {
        float[] prior = [1, 0, 0, 0];
        float few = new WeightSearch(seed: 1).Find([PlantedScores.Of(users: 20, sources: 4, planted: 2)], prior, All, CancellationToken.None)[0];
        float many = new WeightSearch(seed: 1).Find([PlantedScores.Of(users: 300, sources: 4, planted: 2)], prior, All, CancellationToken.None)[0];
        Assert.True(few > many + 0.2f, $"{few} and {many}");
    }

    [Fact]
    public void Find_WithTheSameSeed_GivesTheSameWeights()
    {
        ScenarioScores scores = PlantedScores.Of(users: 60, sources: 4, planted: 3, noise: 3);
        float[] prior = [0.5f, 0.5f, 0, 0];
        Assert.Equal(new WeightSearch(seed: 9).Find([scores], prior, All, CancellationToken.None), new WeightSearch(seed: 9).Find([scores], prior, All, CancellationToken.None));
    }
}
