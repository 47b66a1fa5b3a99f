using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Catalogue;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>Items that come, change and go while the world answers: what every source of items makes of it.</summary>
public sealed class CatalogueUpdatesTests
{
    private readonly AxisItemTower _tower = new();
    private readonly World _world;
    private readonly InMemoryCatalogueChanges _changes = new(new ManualTime());

    public CatalogueUpdatesTests() => _world = new World(itemTower: _tower);

    [Fact]
    public async Task Upsert_OfANewItem_IsFoundByEverySource()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);

        CatalogueEdit edit = await updates.UpsertAsync(_world.Snapshot, [New("new", 1, 5)], CancellationToken.None);

        Assert.Equal(new CatalogueEdit(1, 0, 0, 0), edit);
        Assert.Equal(World.Items + 1, _world.Snapshot.Items.Count);
        // anna's history is i1 and i4, both on axis 1.
        Assert.Equal("new", (await RecommendAsync(new() { UserId = "anna", Limit = 3 }))[0]);
        Assert.Equal("new", Similar(new() { ItemIds = ["i1"], Limit = 3 })[0]);
        Assert.Equal("i1", Similar(new() { ItemIds = ["new"], Limit = 1 })[0]);
        Assert.Equal("new", (await RecommendAsync(new() { UserId = "nobody", Limit = 100 })).Last());
        Assert.Equal(["new"], await RecommendAsync(new() { UserId = "nobody", AllowedItemIds = ["new"], Limit = 10 }));
        Assert.DoesNotContain("new", await RecommendAsync(new() { UserId = "anna", ExcludedItemIds = ["new"], Limit = 100 }));
        float[] embedding = await _world.Embeddings.EmbedItemsAsync(_world.Snapshot, [new ItemQuery("new", FeatureSet.None)], [], DateTimeOffset.MaxValue, CancellationToken.None);
        Assert.Equal(new float[] { 0, 5, 0 }, embedding);
    }

    [Fact]
    public async Task Upsert_OfAKnownItem_ReplacesAllOfItInItsRow()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);
        _world.Snapshot.Items.TryGetRow("i5", out int row);

        CatalogueEdit edit = await updates.UpsertAsync(_world.Snapshot, [New("i5", 1, 5)], CancellationToken.None);

        Assert.Equal(new CatalogueEdit(0, 1, 0, 0), edit);
        Assert.True(_world.Snapshot.Items.TryGetRow("i5", out int same));
        Assert.Equal(row, same);
        Assert.Equal("Title of i5", _world.Snapshot.Items.TitleOf(row));
        Assert.Equal("i5", (await RecommendAsync(new() { UserId = "anna", Limit = 1 }))[0]);
        Assert.Equal(World.Items, _world.Snapshot.Items.Count);
    }

    [Fact]
    public async Task Delete_OfAnItem_TakesItOutOfEverySource()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);
        var german = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") };
        Assert.Equal("i10", (await RecommendAsync(new() { Context = german, Limit = 1 }))[0]);

        // The first by popularity, by the profile, and by the tower for anna.
        CatalogueEdit edit = await updates.DeleteAsync(_world.Snapshot, ["i0", "i10", "i7", "never there"], CancellationToken.None);

        Assert.Equal((3, 1), (edit.Deleted, edit.Superseded));
        Assert.Equal(World.Items - 3, _world.Snapshot.Items.Count);
        string[] left = [.. Enumerable.Range(0, World.Items).Select(i => $"i{i}").Except(["i0", "i10", "i7"])];
        Assert.Equal(left.Except(["i1", "i4"]).Order(), (await RecommendAsync(new() { UserId = "anna", Limit = 100 })).Order());
        Assert.Equal(left, await RecommendAsync(new() { UserId = "nobody", Limit = 100 }));
        Assert.Equal(left.Order(), (await RecommendAsync(new() { Context = german, Limit = 100 })).Order());
        Assert.DoesNotContain("i7", Similar(new() { ItemIds = ["i1"], Limit = 100 }));
        Assert.Empty(await RecommendAsync(new() { UserId = "nobody", AllowedItemIds = ["i7"], Limit = 5 }));
        RecommendReply ofDeleted = _world.Pipeline.Similar(_world.Snapshot, new SimilarItemsQuery { ItemIds = ["i7"], Limit = 5 });
        Assert.Equal((Rung.Popularity, 1), (ofDeleted.ServedBy, ofDeleted.Degraded.Count(label => label.Reason == DegradationReason.UnknownItems)));
        List<int> unknown = [];
        await _world.Embeddings.EmbedItemsAsync(_world.Snapshot, [new ItemQuery("i7", FeatureSet.None)], unknown, DateTimeOffset.MaxValue, CancellationToken.None);
        Assert.Equal([0], unknown);
    }

    [Fact]
    public async Task Delete_OfWhatTheUserTouched_IsNoReasonAnyMore()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);
        await updates.DeleteAsync(_world.Snapshot, ["i4"], CancellationToken.None);

        RecommendReply reply = await _world.Pipeline.RecommendAsync(_world.Snapshot, new RecommendQuery { UserId = "anna", Limit = 100, Explain = true }, CancellationToken.None);

        Assert.Contains(reply.Items, item => item.Reason!.BecauseOfItemId == "i1");
        Assert.DoesNotContain(reply.Items, item => item.Reason!.BecauseOfItemId == "i4" || item.ItemId == "i4");
    }

    [Fact]
    public async Task Upsert_OfADeletedItem_BringsItBackWithRowAndPopularity()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);
        await updates.DeleteAsync(_world.Snapshot, ["i0"], CancellationToken.None);
        Assert.Equal(0, (await updates.DeleteAsync(_world.Snapshot, ["i0"], CancellationToken.None)).Deleted);

        CatalogueEdit edit = await updates.UpsertAsync(_world.Snapshot, [New("i0", 2, 1)], CancellationToken.None);

        Assert.Equal(1, edit.Inserted);
        Assert.Equal(World.Items, _world.Snapshot.Items.Rows.RowCount);
        Assert.Equal("i0", (await RecommendAsync(new() { UserId = "nobody", Limit = 1 }))[0]);
    }

    [Fact]
    public async Task Recommend_WithANewItemInTheHistory_GivesTheTowerOnlyWhatItKnows()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);
        await updates.UpsertAsync(_world.Snapshot, [New("new", 0, 1), New("newer", 0, 2)], CancellationToken.None);

        string[] mixed = await RecommendAsync(new() { RecentItemIds = ["i1", "new", "i4", "newer"], Limit = 3 });
        RecommendReply alone = await _world.Pipeline.RecommendAsync(_world.Snapshot, new RecommendQuery { RecentItemIds = ["new"], Limit = 3 }, CancellationToken.None);

        Assert.Equal(await RecommendAsync(new() { RecentItemIds = ["i1", "i4"], Limit = 3 }), mixed);
        Assert.Equal(Rung.Popularity, alone.ServedBy);
        Assert.DoesNotContain(alone.Items, item => item.ItemId == "new");
        Assert.DoesNotContain(alone.Degraded, label => label.Reason == DegradationReason.Failed);
    }

    [Fact]
    public async Task Upsert_WithATowerThatFails_ChangesNothing()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);
        _tower.Encoding = static ids => throw new TowerException($"cannot encode {ids.Count}");

        await Assert.ThrowsAsync<TowerException>(async () => await updates.UpsertAsync(_world.Snapshot, [New("new", 1, 5), New("i1", 1, 5)], CancellationToken.None));

        Assert.Equal((World.Items, 0), (_world.Snapshot.Items.Count, _changes.Count));
        Assert.Equal("Item 1", _world.Snapshot.Items.TitleOf(1));
        Assert.Equal(0, _world.Snapshot.Index.Pending);
    }

    [Fact]
    public async Task Changes_WithAStoreThatRefuses_AreNotMade()
    {
        using CatalogueUpdates updates = await AttachedAsync(new ScriptedChanges { Keeping = static () => throw new StoreException(StoreFailure.Unavailable, "away") }, _world.Snapshot);

        await Assert.ThrowsAsync<StoreException>(async () => await updates.UpsertAsync(_world.Snapshot, [New("new", 1, 5)], CancellationToken.None));
        await Assert.ThrowsAsync<StoreException>(async () => await updates.DeleteAsync(_world.Snapshot, ["i1"], CancellationToken.None));

        Assert.Equal((World.Items, 0), (_world.Snapshot.Items.Count, _world.Snapshot.Index.Pending));
    }

    [Fact]
    public async Task Attach_OfAnotherSnapshot_ReplaysEverythingInItsOwnSpace()
    {
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot);
        await updates.UpsertAsync(_world.Snapshot, [New("new", 1, 5), New("i2", 0, 4)], CancellationToken.None);
        await updates.DeleteAsync(_world.Snapshot, ["i3"], CancellationToken.None);
        var second = new World(itemTower: new AxisItemTower());
        var withoutTower = new World();

        await updates.AttachAsync(second.Snapshot, CancellationToken.None);
        await updates.AttachAsync(withoutTower.Snapshot, CancellationToken.None);
        await updates.DeleteAsync(_world.Snapshot, ["i6"], CancellationToken.None);

        AssertSameItems(_world.Snapshot, second.Snapshot);
        Assert.Equal((World.Items - 2, "Item 2"), (withoutTower.Snapshot.Items.Count, withoutTower.Snapshot.Items.TitleOf(2)));
        updates.Detach(second.Snapshot);
        await updates.DeleteAsync(_world.Snapshot, ["i7"], CancellationToken.None);
        Assert.True(second.Snapshot.Items.TryGetRow("i7", out _));
    }

    [Fact]
    public async Task Attach_WithAnItemThatTheTowerCannotTake_TakesTheOthers()
    {
        var tower = new AxisItemTower { Encoding = static ids => { if (ids.Contains("bad")) throw new TowerException("bad"); } };
        var second = new World(itemTower: tower);
        using CatalogueUpdates updates = await AttachedAsync(_changes, _world.Snapshot, TimeProvider.System);
        await updates.UpsertAsync(_world.Snapshot, [New("new", 1, 5), New("bad", 1, 5), New("newer", 1, 5)], CancellationToken.None);

        await updates.AttachAsync(second.Snapshot, CancellationToken.None);

        Assert.True(second.Snapshot.Items.TryGetRow("new", out _) && second.Snapshot.Items.TryGetRow("newer", out _));
        Assert.False(second.Snapshot.Items.TryGetRow("bad", out _));
    }

    [Fact]
    public async Task Attach_WithAStoreThatIsSilent_GoesOnAfterTheBudgetAndCatchesUp()
    {
        var time = new ManualTime();
        var changes = new ScriptedChanges { CaughtUp = new TaskCompletionSource().Task };
        using var updates = Updates(changes, time);
        Task attaching = updates.AttachAsync(_world.Snapshot, CancellationToken.None);
        Assert.False(attaching.IsCompleted);

        time.Advance(new CatalogueOptions().ReplayBudget);
        await attaching;
        await changes.Arrived!([new ItemChange("i1", 7, null), new ItemChange("new", 8, New("new", 1, 5).Value)]);

        Assert.False(_world.Snapshot.Items.TryGetRow("i1", out _));
        Assert.True(_world.Snapshot.Items.TryGetRow("new", out _));
    }

    /// <summary>Whatever the order in which replicas hear of changes, and however often, they end up with the same items.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Changes_InAnyOrder_EndTheSame(int seed)
    {
        var random = new Random(seed);
        ItemChange[] changes = [.. Enumerable.Range(1, 300).Select(version => new ItemChange(
            $"i{random.Next(20)}", version, random.Next(3) == 0 ? null : New($"v{version}", random.Next(3), random.Next(1, 5)).Value))];
        var worlds = new List<World>();
        for (int replica = 0; replica < 3; replica++)
        {
            var world = new World(itemTower: new AxisItemTower());
            worlds.Add(world);
            var store = new ScriptedChanges();
            using CatalogueUpdates updates = await AttachedAsync(store, world.Snapshot);
            ItemChange[] order = replica == 0 ? changes : [.. changes.Concat(changes.Take(100)).OrderBy(_ => random.Next())];
            foreach (ItemChange[] some in order.Chunk(random.Next(1, 40)))
                await store.Arrived!(some);
        }

        AssertSameItems(worlds[0].Snapshot, worlds[1].Snapshot);
        AssertSameItems(worlds[0].Snapshot, worlds[2].Snapshot);
        foreach (IGrouping<string, ItemChange> item in changes.GroupBy(change => change.ItemId))
            Assert.Equal(item.MaxBy(change => change.Version).Content is not null, worlds[0].Snapshot.Items.TryGetRow(item.Key, out _));
    }

    internal static KeyValuePair<string, ItemContent> New(string id, int axis, double length) =>
        new(id, new ItemContent($"Title of {id}", AxisItemTower.On(axis, length), new Dictionary<string, FeatureValue> { ["made"] = FeatureValue.Of(id) }));

    internal static CatalogueUpdates Updates(ICatalogueChanges changes, TimeProvider? time = null) =>
        new(changes, new CatalogueOptions(), new CatalogueMetrics(new World().Meters), time ?? new ManualTime(), NullLogger<CatalogueUpdates>.Instance);

    internal static async Task<CatalogueUpdates> AttachedAsync(ICatalogueChanges changes, Snapshot snapshot, TimeProvider? time = null)
    {
        CatalogueUpdates updates = Updates(changes, time);
        await updates.AttachAsync(snapshot, CancellationToken.None);
        return updates;
    }

    /// <summary>The same ids, titles and vectors, whatever their rows.</summary>
    private static void AssertSameItems(Snapshot expected, Snapshot actual)
    {
        Assert.Equal(Items(expected), Items(actual));
        Assert.Equal(expected.Items.Count, expected.Index.Count);
        Assert.Equal(actual.Items.Count, actual.Index.Count);

        static List<(string Id, string? Title, string Vector)> Items(Snapshot snapshot)
        {
            var items = new List<(string, string?, string)>();
            var vector = new float[3];
            CatalogueRows rows = snapshot.Items.Rows;
            for (int row = 0; row < rows.RowCount; row++)
            {
                if (!rows.Contains(row))
                    continue;
                Assert.True(snapshot.Items.TryGetRow(snapshot.Items.IdOf(row), out int found) && found == row);
                Assert.True(snapshot.Index.TryCopyVector(row, vector));
                items.Add((snapshot.Items.IdOf(row), snapshot.Items.TitleOf(row), string.Join(' ', vector)));
            }

            items.Sort();
            return items;
        }
    }

    private async Task<string[]> RecommendAsync(RecommendQuery query) =>
        [.. (await _world.Pipeline.RecommendAsync(_world.Snapshot, query, CancellationToken.None)).Items.Select(item => item.ItemId)];

    private string[] Similar(SimilarItemsQuery query) => [.. _world.Pipeline.Similar(_world.Snapshot, query).Items.Select(item => item.ItemId)];
}

/// <summary>A store that does what the test tells it.</summary>
internal sealed class ScriptedChanges : ICatalogueChanges
{
    public Action? Keeping { get; init; }

    public Task CaughtUp { get; init; } = Task.CompletedTask;

    public Func<IReadOnlyList<ItemChange>, Task>? Arrived { get; private set; }

    public int Count => 0;

    public IEnumerable<ItemChange> Latest() => [];

    public ValueTask<long> KeepAsync(IReadOnlyList<ItemChange> changes, CancellationToken cancellationToken)
    {
        Keeping?.Invoke();
        return new(1);
    }

    public Task StartAsync(Func<IReadOnlyList<ItemChange>, Task> arrived)
    {
        Arrived = arrived;
        return CaughtUp;
    }
}
