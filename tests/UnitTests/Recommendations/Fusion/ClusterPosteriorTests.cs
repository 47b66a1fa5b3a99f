using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

/// <summary>The weights of clusters against Bayes' rule in double.</summary>
public sealed class ClusterPosteriorTests : IDisposable
{
    private readonly FusionWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 2)]
    [InlineData(60, 3)]
    public void Weigh_WithPassedItems_FollowsTheFormula(int passed, int seed)
    {
        var posterior = new ClusterPosterior(_world.Profiles, popularity: _world.Popularity, skipWeight: 0.7f);
        int[] rows = [.. Enumerable.Range(0, _world.Items).OrderBy(row => ((row + 1) * 7919 * seed) % 151).Take(passed)];
        float[] strengths = [.. rows.Select((_, i) => 1f / (1 + (i % 3)))];

        double[] logs = Prior();
        for (int i = 0; i < rows.Length; i++)
        {
            for (int c = 0; c < logs.Length; c++)
                logs[c] += 0.7 * strengths[i] * Math.Log(1 - Rate(c, rows[i]));
        }

        AssertWeights(logs, Weigh(posterior, [], rows, strengths));
    }

    [Fact]
    public void Weigh_WithAnItemThatAClusterLists_MovesAwayFromThatCluster()
    {
        var posterior = new ClusterPosterior(_world.Profiles, popularity: _world.Popularity, skipWeight: 1f);
        int listed = _world.Profiles[2].Top.Span[0].Row;

        float[] before = Weigh(posterior, [], [], []), after = Weigh(posterior, [], [listed], []);

        Assert.True(after[2] < 0.8f * before[2], $"{before[2]} before, {after[2]} after");
    }

    [Fact]
    public void Weigh_WithoutPopularity_TakesNoNoticeOfPassedItems()
    {
        var posterior = new ClusterPosterior(_world.Profiles);

        Assert.Equal(Weigh(posterior, [], [], []), Weigh(posterior, [], [1, 2, 3], []));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void OfRates_WithClicks_FollowsTheFormula(int clicks)
    {
        ClusterPosterior posterior = ClusterPosterior.OfRates(_world.Profiles, _world.Popularity, clickWeight: 0.9f);
        // Rows whose rates are well inside of the cut.
        int[] rows = [.. Enumerable.Range(0, clicks).Select(i => i * 7)];

        double[] logs = Prior();
        foreach (int row in rows)
        {
            for (int c = 0; c < logs.Length; c++)
                logs[c] += 0.9 * Math.Log(Rate(c, row));
        }

        AssertWeights(logs, Weigh(posterior, rows, [], []));
    }

    [Fact]
    public void Weigh_WithWhatContextSaidEarlier_IsAsIfItWereThere()
    {
        FeatureSet germany = FusionWorld.Context("DE");
        float[] lifts = new float[FusionWorld.Clusters], now = new float[FusionWorld.Clusters], later = new float[FusionWorld.Clusters];
        Assert.True(_world.Posterior.TellContext(germany, lifts));

        _world.Posterior.Weigh(germany, [3], now);
        Assert.True(_world.Posterior.Weigh(default, lifts, [3], [], [], later));

        for (int c = 0; c < now.Length; c++)
            Assert.Equal(now[c], later[c], 1e-5f);
    }

    [Fact]
    public void Weigh_WithContext_TakesNoNoticeOfAnEarlierOne()
    {
        float[] lifts = [9f, 0f, 0f, 0f, 0f], weights = new float[FusionWorld.Clusters], alone = new float[FusionWorld.Clusters];

        _world.Posterior.Weigh(FusionWorld.Context("FR"), lifts, [], [], [], weights);
        _world.Posterior.Weigh(FusionWorld.Context("FR"), [], alone);

        Assert.Equal(alone, weights);
    }

    [Fact]
    public void LabelOf_AClusterOfFewUsers_IsEmpty()
    {
        var profiles = new ClusterProfiles([Profile("many", 50), Profile("few", 49)], []);

        Assert.Equal(("many", ""), (profiles.LabelOf(0), profiles.LabelOf(1)));

        static ClusterProfile Profile(string label, int users) => new(label, users, new float[1], new ScoredRow[] { new(0, 0.5f) }, 1f);
    }

    private static float[] Weigh(ClusterPosterior posterior, int[] history, int[] passed, float[] strengths)
    {
        float[] weights = new float[posterior.Count];
        posterior.Weigh(default, default, history, passed, strengths, weights);
        return weights;
    }

    private double[] Prior() =>
        [.. Enumerable.Range(0, FusionWorld.Clusters).Select(c => Math.Log((_world.Profiles[c].Users + 1.0) / (_world.Profiles.Users + FusionWorld.Clusters)))];

    private double Rate(int cluster, int row)
    {
        foreach (ScoredRow listed in _world.Profiles[cluster].Top.Span)
        {
            if (listed.Row == row)
                return Math.Clamp(listed.Rate, 1e-5, 0.999);
        }

        return Math.Clamp((double)_world.Profiles[cluster].RestScale * _world.Popularity.RateOf(row), 1e-5, 0.999);
    }

    private static void AssertWeights(double[] logs, float[] weights)
    {
        double[] expected = [.. logs.Select(log => Math.Exp(log - logs.Max()))];
        double sum = expected.Sum();
        for (int c = 0; c < weights.Length; c++)
            Assert.True(Math.Abs((expected[c] / sum) - weights[c]) < 5e-3 * ((expected[c] / sum) + 0.01), $"cluster {c}: {weights[c]} for {expected[c] / sum}");
    }
}
