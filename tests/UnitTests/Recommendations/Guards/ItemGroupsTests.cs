using Inference.Recommendations.Features;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Guards;

public sealed class ItemGroupsTests
{
    private static readonly ExposureFloors Floors = ExposureFloors.Of(["shop=small:0.1", "price<5:0.1"]);
    private readonly World _world = new();

    [Fact]
    public void Of_ReadsAttributesAndFeatures()
    {
        Set("i2", Content(shop: "small", price: 9));
        Set("i3", new ItemContent("Item 3", new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of(1.5) }, FeatureSet.None));

        ItemGroups groups = _world.Snapshot.Items.GroupsOf(Floors);

        Assert.Equal([0u, 1u, 2u], new[] { groups.Of(1), groups.Of(2), groups.Of(3) });
    }

    [Fact]
    public void Of_AfterAnItemWasReplaced_IsThatOfTheNewContent()
    {
        ItemGroups groups = _world.Snapshot.Items.GroupsOf(Floors);
        Assert.Equal(0u, groups.Of(4));

        Set("i4", Content(shop: "small", price: 1));

        Assert.Equal(3u, groups.Of(4));
        Assert.Same(groups, _world.Snapshot.Items.GroupsOf(ExposureFloors.Of(["shop=small:0.1", "price<5:0.1"])));
    }

    [Fact]
    public void Of_AnItemThatCameWhileServing_IsItsGroups()
    {
        ItemGroups groups = _world.Snapshot.Items.GroupsOf(Floors);
        groups.Of(0);
        for (int i = 0; i < 1_100; i++)
            Set($"new {i}", Content(shop: i % 2 == 0 ? "small" : "big", price: 9), version: 1);

        Assert.Equal([1u, 0u, 1u], new[] { groups.Of(World.Items), groups.Of(World.Items + 1_099), groups.Of(World.Items + 1_098) });
    }

    [Fact]
    public void Of_WhenWarm_AllocatesNothing()
    {
        ItemGroups groups = _world.Snapshot.Items.GroupsOf(Floors);
        groups.Of(5);

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                groups.Of(5);
        }));
    }

    [Fact]
    public async Task Of_WhileItemsAreReplaced_NeverKeepsWhatWas()
    {
        ItemGroups groups = _world.Snapshot.Items.GroupsOf(Floors);
        using var stop = new CancellationTokenSource();
        Task reading = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                groups.Of(6);
        });

        for (int version = 1; version <= 2_000; version++)
        {
            bool isSmall = version % 2 == 0;
            Set("i6", Content(isSmall ? "small" : "big", 9), version);
            Assert.Equal(isSmall ? 1u : 0u, groups.Of(6));
        }

        await stop.CancelAsync();
        await reading;
    }

    private static ItemContent Content(string shop, double price) =>
        new("An item", FeatureSet.None, new Dictionary<string, FeatureValue> { ["shop"] = FeatureValue.Of(shop), ["price"] = FeatureValue.Of(price) });

    private void Set(string id, ItemContent content, long version = 1) => _world.Snapshot.Editor.Apply([new ItemChange(id, version, content)], [1f, 0f, 0f]);
}
