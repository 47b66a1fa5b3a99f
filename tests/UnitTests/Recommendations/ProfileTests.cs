using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class ProfileTests
{
    [Fact]
    public void Weigh_WithoutContext_IsTheSmoothedPrior()
    {
        ClusterProfiles profiles = Random(seed: 1, clusters: 3, items: 5, out _);
        Span<float> weights = stackalloc float[3];

        int spoke = profiles.Weigh(default, weights);

        Assert.Equal(0, spoke);
        long users = profiles[0].Users + profiles[1].Users + profiles[2].Users;
        for (int c = 0; c < 3; c++)
            Assert.Equal((profiles[c].Users + 1.0) / (users + 3), weights[c], 5);
    }

    [Fact]
    public void Weigh_WithContext_IsProportionalToPriorTimesLift()
    {
        ClusterProfiles profiles = Random(seed: 2, clusters: 4, items: 5, out float[] lift);
        Span<float> weights = stackalloc float[4], prior = stackalloc float[4];
        profiles.Weigh(default, prior);

        int spoke = profiles.Weigh(new FeatureSet(new Dictionary<string, FeatureValue> { ["hour"] = FeatureValue.Of(7L) }), weights);

        Assert.Equal(1, spoke);
        double sum = 0;
        for (int c = 0; c < 4; c++)
            sum += prior[c] * Math.Exp(lift[c]);
        for (int c = 0; c < 4; c++)
            Assert.Equal(prior[c] * Math.Exp(lift[c]) / sum, weights[c], 5);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Recommend_FromProfiles_EqualsTheDenseSum(int seed)
    {
        // The served slate must be the head of Σ_c w_c r(i|c) over the whole catalogue, though only listed items are ever touched.
        const int items = World.Items, clusters = 4;
        var world = new World();
        ClusterProfiles profiles = Random(seed, clusters, items, out _);
        var snapshot = new Snapshot(world.Snapshot.Model, world.Snapshot.Items, world.Snapshot.Index, world.Tower, null, world.Snapshot.Popularity, profiles);
        var context = new Dictionary<string, FeatureValue> { ["hour"] = FeatureValue.Of(7L) };
        var weights = new float[clusters];
        profiles.Weigh(new FeatureSet(context), weights);
        var expected = Enumerable.Range(0, items).Select(row => (Row: row, Score: Enumerable.Range(0, clusters).Sum(c => weights[c] * Rate(profiles[c], row, snapshot))))
            .OrderByDescending(item => item.Score).ThenBy(item => item.Row).Take(6).ToList();

        RecommendReply reply = await world.Pipeline.RecommendAsync(snapshot, new RecommendQuery { Context = context, Limit = 6 }, CancellationToken.None);

        Assert.Equal(expected.Select(item => $"i{item.Row}"), reply.Items.Select(item => item.ItemId));
        Assert.All(reply.Items.Zip(expected), pair => Assert.Equal(pair.Second.Score, pair.First.Score, 4));
    }

    [Fact]
    public void Profiles_WithTableOfAnotherWidth_AreRefused()
    {
        var table = new ContextTable("hour", new Dictionary<string, float[]> { ["7"] = [1f] }.ToFrozenDictionary());

        Assert.Throws<ArgumentException>(() => new ClusterProfiles([Cluster(1), Cluster(2)], [table]));
    }

    [Fact]
    public void Popularity_WithRateOutsideZeroToOne_IsRefused() => Assert.Throws<ArgumentException>(() => new Popularity([0.5f, float.NaN]));

    private static float Rate(ClusterProfile profile, int row, Snapshot snapshot)
    {
        foreach (ScoredRow listed in profile.Top.Span)
        {
            if (listed.Row == row)
                return listed.Rate;
        }

        return profile.RestScale * snapshot.Popularity.RateOf(row);
    }

    private static ClusterProfile Cluster(int users) => new("c", users, Array.Empty<float>(), Array.Empty<ScoredRow>(), 1f);

    private static ClusterProfiles Random(int seed, int clusters, int items, out float[] lift)
    {
        var random = new Random(seed);
        var profiles = new ClusterProfile[clusters];
        lift = new float[clusters];
        for (int c = 0; c < clusters; c++)
        {
            lift[c] = (float)random.NextDouble() - 0.5f;
            ScoredRow[] top = [.. Enumerable.Range(0, items).Where(_ => random.Next(2) == 0).Select(row => new ScoredRow(row, (float)random.NextDouble()))];
            profiles[c] = new ClusterProfile($"c{c}", random.Next(50, 500), Array.Empty<float>(), top, 0.9f);
        }

        return new ClusterProfiles(profiles, [new ContextTable("hour", new Dictionary<string, float[]> { ["7"] = lift }.ToFrozenDictionary())]);
    }
}
