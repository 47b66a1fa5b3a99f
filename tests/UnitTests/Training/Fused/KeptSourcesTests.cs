using Inference.Recommendations.Fusion;
using Inference.Training.Fused;
using Xunit;

namespace UnitTests.Training.Fused;

public sealed class KeptSourcesTests
{
    [Fact]
    public void Of_MoreSourcesThanAModelHolds_LeavesOutTheWeakestOfContext()
    {
        ScoreSource[] sources = [Popularity("a"), Popularity("b"), .. Enumerable.Range(0, 40).Select(i => Context($"context_{i}"))];
        // Popularity counts least, and stays; of contexts the later ones count more.
        Dictionary<string, float> weights = sources.Select((source, i) => (source.Name, Weight: i < 2 ? 0.001f : i)).ToDictionary(pair => pair.Name, pair => pair.Weight);
        using FusionModel model = KeptSources.Of(sources, [(0, weights), (5, new Dictionary<string, float> { ["a"] = 0.5f, ["context_39"] = -0.5f })]);
        Assert.Equal(["a", "b", .. Enumerable.Range(10, 30).Select(i => $"context_{i}")], model.Sources.Select(source => source.Name));
        Assert.Equal(1, model.Weights!.Points[0].Weights.Sum(), 4);
        Assert.Equal((0.5f, -0.5f), (model.Weights.Points[1].Weights[0], model.Weights.Points[1].Weights[^1]));
    }

    [Fact]
    public void Of_MoreSourcesThanAModelHoldsByRanks_LeavesOutTheLastOfContext()
    {
        using FusionModel model = KeptSources.Of([.. Enumerable.Range(0, 40).Select(i => Context($"context_{i}")), Popularity("a")], []);
        Assert.Equal([.. Enumerable.Range(0, 31).Select(i => $"context_{i}"), "a"], model.Sources.Select(source => source.Name));
    }

    [Fact]
    public void Names_OfFeaturesThatAreNoIdentifiers_AreFitAndUnique()
    {
        string lengthy = new('x', 80);
        Assert.Equal(
            ["context_age_group_2", "context_age_group", "context_age_group_3", "context_" + lengthy[..56], "context_" + lengthy[..54] + "_2", "context_Land-1.x"],
            ContextNames.Of(["age group", "age_group", "age,group", lengthy, lengthy + "y", "Land-1.x"]));
    }

    private static PopularitySource Popularity(string name) => new(name, [0.5f], 0.1f);

    private static ContextSource Context(string name) => new(name, [new ContextValues("f", ["v"])], new WeightedLists([0, 0], [], [], 1));
}
