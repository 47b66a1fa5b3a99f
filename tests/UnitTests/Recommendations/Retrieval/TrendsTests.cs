using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations.Retrieval;

public class TrendsTests
{
    private const double M = Trends.Shrinkage;

    [Fact]
    public void ScoreOf_OfTouchedRows_IsTheShrunkenLogRatioToWhatPopularityExpects()
    {
        var popularity = new Popularity([0.6f, 0.3f, 0.1f, 0f]);
        var trends = new Trends([new ScoredRow(1, 10), new ScoredRow(2, 50), new ScoredRow(3, 40)], popularity);

        // 100 counts: popularity expects 60, 30, 10 and 0.
        Assert.Equal(Math.Log((0 + M) / (60 + M)), trends.ScoreOf(0, popularity), 5);
        Assert.Equal(Math.Log((10 + M) / (30 + M)), trends.ScoreOf(1, popularity), 5);
        Assert.Equal(Math.Log((50 + M) / (10 + M)), trends.ScoreOf(2, popularity), 5);
        Assert.Equal(Math.Log((40 + M) / (0 + M)), trends.ScoreOf(3, popularity), 5);
        Assert.Equal([3, 2], trends.Ranked.ToArray().Select(item => item.Row));
        Assert.False(trends.IsEmpty);
    }

    [Fact]
    public void Ranked_OfTrafficThatGrewForAll_IsEmpty()
    {
        var popularity = new Popularity([0.5f, 0.25f]);
        Assert.Empty(new Trends([new ScoredRow(0, 2_000), new ScoredRow(1, 1_000)], popularity).Ranked.ToArray());
    }

    [Fact]
    public void Update_WithCounts_TellsTheLoadedSnapshotsAndForgetsAgain()
    {
        var world = new World();
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(world.Snapshot);
        var counts = new GivenCounts();
        var live = new LiveTrends(counts, snapshots, world.Time);

        live.Update();
        Assert.True(world.Snapshot.Trends.IsEmpty);
        counts.Count(LiveTrends.CounterName, ("i11", 60), ("i3", 0.001), ("unknown", 9));
        live.Update();
        Assert.Equal([11], world.Snapshot.Trends.Ranked.ToArray().Select(item => item.Row));
        counts.Count(LiveTrends.CounterName);
        live.Update();
        Assert.True(world.Snapshot.Trends.IsEmpty);
    }

    [Fact]
    public void Update_WhereNothingMoved_LeavesTheTrends_UntilTheCatalogueChanges()
    {
        var world = new World();
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(world.Snapshot);
        var counts = new GivenCounts();
        var live = new LiveTrends(counts, snapshots, world.Time);
        counts.Count(LiveTrends.CounterName, ("i11", 60), ("late", 90));
        live.Update();
        Trends first = world.Snapshot.Trends;

        counts.Fade(LiveTrends.CounterName, ("i11", 59.9), ("late", 89.9));
        live.Update();
        Assert.Same(first, world.Snapshot.Trends);
        world.Snapshot.Editor.Apply([new ItemChange("late", 1, new ItemContent("Late", FeatureSet.None, FeatureSet.None))], [0.1f, 0.2f, 0.3f]);
        live.Update();

        Assert.Equal([World.Items, 11], world.Snapshot.Trends.Ranked.ToArray().Select(item => item.Row));
    }
}
