using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public class LivePopularityTests
{
    private readonly World _world = new();
    private readonly GivenCounts _counts = new();
    private readonly LivePopularity _popularity;

    public LivePopularityTests()
    {
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(_world.Snapshot);
        _popularity = new LivePopularity(_counts, snapshots, _world.Time);
    }

    [Fact]
    public void Update_WithoutCounts_LeavesTheBundlesRates()
    {
        Assert.Equal(0, _popularity.Update());
        Assert.Same(_world.Snapshot.BundlePopularity, _world.Snapshot.Popularity);
    }

    [Fact]
    public void Update_WithCounts_BlendsByHowManyUsersTheyStandFor()
    {
        _counts.Count(LivePopularity.CounterName, ("i11", 60), ("i0", 28), ("not of this bundle", 1_000));

        Assert.Equal(1, _popularity.Update());

        // 100 training users touch 0.5 + 0.46 + … = 3.36 items each; 88 counts are what 26.19 users touch.
        double all = 100 + (88 / 3.36);
        Assert.Equal(((100 * 0.5) + 28) / all, _world.Snapshot.Popularity.RateOf(0), 5);
        Assert.Equal(((100 * 0.06) + 60) / all, _world.Snapshot.Popularity.RateOf(11), 5);
        Assert.Equal(100 * 0.46 / all, _world.Snapshot.Popularity.RateOf(1), 5);
        Assert.Equal(3.36, Enumerable.Range(0, World.Items).Sum(row => _world.Snapshot.Popularity.RateOf(row)), 4);
        Assert.Equal([0, 11, 1], _world.Snapshot.Popularity.Ranked[..3].ToArray().Select(item => item.Row));
    }

    [Fact]
    public void Update_WithTheSameCounts_ChangesNothing_AndWithoutThemGoesBack()
    {
        _counts.Count(LivePopularity.CounterName, ("i3", 60));
        Assert.Equal(1, _popularity.Update());
        Popularity first = _world.Snapshot.Popularity;

        _counts.Fade(LivePopularity.CounterName, ("i3", 59.9));
        Assert.Equal(0, _popularity.Update());
        Assert.Same(first, _world.Snapshot.Popularity);
        _counts.Count(LivePopularity.CounterName, ("i4", 60));
        Assert.Equal(1, _popularity.Update());
        _counts.Count(LivePopularity.CounterName);
        Assert.Equal(1, _popularity.Update());

        Assert.Same(_world.Snapshot.BundlePopularity, _world.Snapshot.Popularity);
        Assert.Equal(0, _popularity.Update());
    }

    [Fact]
    public void Update_WithOneItemAlone_StaysAShare()
    {
        _counts.Count(LivePopularity.CounterName, ("i3", 1e12));

        _popularity.Update();

        Assert.Equal(1, _world.Snapshot.Popularity.RateOf(3));
    }

    [Fact]
    public async Task Recommend_AfterAnUpdate_ShowsWhatIsPopularNow()
    {
        _counts.Count(LivePopularity.CounterName, ("i9", 500));
        _popularity.Update();

        RecommendReply reply = await _world.Pipeline.RecommendAsync(_world.Snapshot, new RecommendQuery { Limit = 3 }, CancellationToken.None);

        Assert.Equal(["i9", "i0", "i1"], reply.Items.Select(item => item.ItemId));
    }
}
