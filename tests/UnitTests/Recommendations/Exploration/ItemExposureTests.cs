using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations.Exploration;

public sealed class ItemExposureTests
{
    private readonly World _world = new();
    private readonly GivenCounts _counts = new();
    private readonly NewItemOptions _options = new() { ExposureFloor = 20, MostAge = TimeSpan.FromHours(48), Compete = false };
    private readonly ItemExposure _exposure;

    public ItemExposureTests()
    {
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(_world.Snapshot);
        _exposure = new ItemExposure(_counts, snapshots, _options, _world.Time);
    }

    [Theory]
    [InlineData(InteractionType.Click, 1, 1)]
    [InlineData(InteractionType.Skip, 1, 0)]
    [InlineData(InteractionType.View, 0, 0)]
    [InlineData(InteractionType.Purchase, 0, 0)]
    public void Of_AnInteraction_CountsWhatASlateShowed(InteractionType type, int shown, int clicked) => Assert.Equal((shown, clicked), ItemExposure.Of(type));

    [Fact]
    public void Update_WithCounts_TellsTheSnapshot()
    {
        _counts.Count(ItemExposure.ShownName, ("i3", 50), ("i4", 10), ("not of this bundle", 1_000));
        _counts.Count(ItemExposure.ClickedName, ("i3", 5));

        _exposure.Update();

        Assert.Equal((50, 5), (_world.Snapshot.Arms.ShownOf(3), _world.Snapshot.Arms.ClickedOf(3)));
        Assert.Equal((10, 0), (_world.Snapshot.Arms.ShownOf(4), _world.Snapshot.Arms.ClickedOf(4)));
        Assert.Equal((2 + 5) / (100.0 + 60), _world.Snapshot.Arms.Rate, 1e-9);
    }

    [Fact]
    public void Update_WithAnItemAddedWhileServing_CallsItNew_UntilItWasShownEnough()
    {
        Add("late");

        _exposure.Update();
        Assert.Equal([World.Items], _world.Snapshot.NewItems.Rows.ToArray());
        _counts.Count(ItemExposure.ShownName, ("late", 19.5));
        _counts.Count(ItemExposure.ClickedName, ("late", 2));
        _exposure.Update();
        Assert.Equal([World.Items], _world.Snapshot.NewItems.Rows.ToArray());
        Assert.Equal((1, 0, 19.5, 2.0), (_exposure.Report.Count, _exposure.Report.Unshown, _exposure.Report.Shown, _exposure.Report.Clicked));
        _counts.Count(ItemExposure.ShownName, ("late", 20));
        _exposure.Update();

        Assert.True(_world.Snapshot.NewItems.Rows.IsEmpty);
        Assert.Equal(0, _exposure.Report.Count);
    }

    [Fact]
    public async Task Update_WhereItemsCompete_KeepsThoseThatHadTheirExposure_BehindThoseThatLackIt()
    {
        _options.Compete = true;
        Add("seen");
        _counts.Count(ItemExposure.ShownName, ("seen", 50));
        _counts.Count(ItemExposure.ClickedName, ("seen", 50));
        Add("lacking");
        _exposure.Update();
        var query = new RecommendQuery { Limit = 5, NewItemSlots = 1, RequestId = "r" };

        RecommendReply first = await _world.Pipeline.RecommendAsync(_world.Snapshot, query, CancellationToken.None);
        _counts.Count(ItemExposure.ShownName, ("seen", 50), ("lacking", 20));
        _exposure.Update();
        RecommendReply later = await _world.Pipeline.RecommendAsync(_world.Snapshot, query, CancellationToken.None);

        Assert.Equal((2, 0), (_exposure.Report.Count, _exposure.Report.Lacking));
        Assert.Equal(("lacking", 1.0), (first.Items[^1].ItemId, first.Items[^1].Propensity));
        Assert.Equal("seen", later.Items[^1].ItemId); // clicked by everybody, so it wins
        Assert.InRange(later.Items[^1].Propensity, 0.9, 1);
    }

    [Fact]
    public async Task Recommend_WithMoreSlotsThanItemsThatLackExposure_TakesTheOthersAsWell()
    {
        _options.Compete = true;
        Add("seen");
        Add("lacking");
        _counts.Count(ItemExposure.ShownName, ("seen", 50));
        _exposure.Update();

        RecommendReply reply = await _world.Pipeline.RecommendAsync(_world.Snapshot, new RecommendQuery { Limit = 4, NewItemSlots = 2, RequestId = "r" }, CancellationToken.None);

        Assert.Equal(["lacking", "seen"], reply.Items.Where(item => item.SlotType == SlotType.NewItem).Select(item => item.ItemId));
    }

    [Fact]
    public void Update_AfterTheTimeOfNewItems_CallsNoneNew()
    {
        Add("late");
        _exposure.Update();

        _world.Time.Advance(TimeSpan.FromHours(47));
        _exposure.Update();
        Assert.Equal(1, _world.Snapshot.NewItems.Rows.Length);
        _world.Time.Advance(TimeSpan.FromHours(2));
        _exposure.Update();

        Assert.True(_world.Snapshot.NewItems.Rows.IsEmpty);
    }

    [Fact]
    public void Update_WithItemsThatNobodyTouched_CallsThemNew_UnlessTurnedOff()
    {
        var untouched = new World(rates: row => row < 10 ? 0.1f : 0f);
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(untouched.Snapshot);

        new ItemExposure(_counts, snapshots, _options, _world.Time).Update();
        Assert.Equal([10, 11], untouched.Snapshot.NewItems.Rows.ToArray());
        new ItemExposure(_counts, snapshots, new NewItemOptions { FromBundle = false }, _world.Time).Update();

        Assert.True(untouched.Snapshot.NewItems.Rows.IsEmpty);
    }

    [Fact]
    public void Update_WithADeletedItem_LeavesItOut()
    {
        Add("late");
        _world.Snapshot.Editor.Apply([new ItemChange("late", Version() + 1, null)], []);

        _exposure.Update();

        Assert.True(_world.Snapshot.NewItems.Rows.IsEmpty);
    }

    [Fact]
    public async Task Recommend_WithSlotsForNewItems_ShowsWhatWasAdded()
    {
        Add("late");
        _exposure.Update();

        RecommendReply reply = await _world.Pipeline.RecommendAsync(_world.Snapshot, new RecommendQuery { Limit = 3, NewItemSlots = 1, RequestId = "r" }, CancellationToken.None);

        Assert.Equal(("late", SlotType.NewItem), (reply.Items[^1].ItemId, reply.Items[^1].SlotType));
    }

    [Fact]
    public void Update_WhereNothingMoved_LeavesAllAsItIs()
    {
        Add("late");
        _counts.Count(ItemExposure.ShownName, ("i3", 50));
        _exposure.Update();
        (ItemArms arms, NewItemPool pool, NewItemReport report) = (_world.Snapshot.Arms, _world.Snapshot.NewItems, _exposure.Report);

        _counts.Fade(ItemExposure.ShownName, ("i3", 49.9));
        _world.Time.Advance(TimeSpan.FromHours(1));
        _exposure.Update();
        Assert.Same(arms, _world.Snapshot.Arms);
        Assert.Same(pool, _world.Snapshot.NewItems);
        Assert.Same(report, _exposure.Report);
        _counts.Count(ItemExposure.ShownName, ("i3", 60));
        _exposure.Update();

        Assert.Equal(60, _world.Snapshot.Arms.ShownOf(3));
        Assert.Same(pool, _world.Snapshot.NewItems);
        Add("later");
        _exposure.Update();
        Assert.Equal([World.Items, World.Items + 1], _world.Snapshot.NewItems.Rows.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public void Arms_OfManyRows_AreWhatWasGiven(int every)
    {
        float[] shown = new float[20_000], clicked = new float[20_000];
        for (int row = 0; row < shown.Length; row += every)
            (shown[row], clicked[row]) = (row % 7, row % 9);

        var arms = new ItemArms(shown, clicked);

        for (int row = 0; row < shown.Length + 10; row++)
            Assert.Equal(row < shown.Length ? (shown[row], Math.Min(shown[row], clicked[row])) : (0, 0), (arms.ShownOf(row), arms.ClickedOf(row)));
    }

    [Fact]
    public void Report_OfMoreItemsThanItLists_HasThoseThatWereShownMost()
    {
        var untouched = new World(rates: _ => 0f);
        for (int i = 0; i < 300; i++)
            untouched.Snapshot.Editor.Apply([new ItemChange($"n{i}", Version(), new ItemContent(null, FeatureSet.None, FeatureSet.None))], [0.1f, 0.2f, 0.3f]);
        _options.Compete = true;
        _counts.Count(ItemExposure.ShownName, [.. Enumerable.Range(0, 300).Where(i => i % 2 == 0).Select(i => ($"n{i}", (double)(i * 7 % 90)))]);
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(untouched.Snapshot);
        var exposure = new ItemExposure(_counts, snapshots, _options, _world.Time);

        exposure.Update();

        ItemArms arms = untouched.Snapshot.Arms;
        IEnumerable<string> expected = untouched.Snapshot.NewItems.Rows.ToArray().OrderByDescending(arms.ShownOf).ThenBy(row => row).Take(NewItemReport.MostListed).Select(untouched.Snapshot.Items.IdOf);
        Assert.Equal(expected, exposure.Report.Items.Select(item => item.ItemId));
        Assert.Equal(World.Items + 300, exposure.Report.Count);
    }

    private void Add(string id) => _world.Snapshot.Editor.Apply([new ItemChange(id, Version(), new ItemContent("Late", FeatureSet.None, FeatureSet.None))], [0.1f, 0.2f, 0.3f]);

    private long Version() => (_world.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
