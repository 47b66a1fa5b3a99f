using Inference.Recommendations.Fusion;
using Inference.Training.Fused;
using Xunit;

namespace UnitTests.Training.Fused;

public sealed class FusionPriorTests
{
    private static readonly ScoreSource[] Sources =
        [.. ((string[])["popularity", "ease_fading", "ease_warm", "item_knn", "rules_fading", "content", "ials", "ials_prior", "clusters", "tower", "tower_context"]).Select(name => new PopularitySource(name, [0.5f, 0.25f]))];

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(10, false)]
    [InlineData(25, true)]
    public void Of_AnyNumberOfEvents_SumsToOne(int events, bool isWarm)
    {
        float[] weights = FusionPrior.Of(Sources, events, isWarm);
        Assert.Equal(1, weights.Sum(), 1e-5);
        Assert.All(weights, weight => Assert.True(weight >= 0));
    }

    [Fact]
    public void Of_MoreEvents_BelievesTheHistoryMore()
    {
        float last = -1;
        foreach (int events in (int[])[0, 1, 3, 5, 10])
        {
            float history = FusionPrior.Of(Sources, events, isWarm: false)[1];
            Assert.True(history > last);
            last = history;
        }

        Assert.Equal(0, FusionPrior.Of(Sources, 0, isWarm: false)[1]);
    }

    [Fact]
    public void Of_NoSourceThatItKnows_IsPopularity() => Assert.Equal([1f], FusionPrior.Of(Sources[..1], 5, isWarm: false));
}
