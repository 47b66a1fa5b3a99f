using Grpc.Core;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>The catalogue service over gRPC, with real towers.</summary>
public sealed class CatalogTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private CatalogService.CatalogServiceClient _catalog = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync(change: CatalogueBundle.Of);
        _catalog = new CatalogService.CatalogServiceClient(_server.Channel);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task UpsertItems_OfNewOnes_AreServedAtOnceByAllWays()
    {
        UpsertItemsResponse upserted = await _catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3", "Brand new"), CatalogueBundle.New("newer", "item-4") } });

        Assert.Equal((2, 0), (upserted.Inserted, upserted.Updated));
        Assert.Equal("new", (await _server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Limit = 1 })).Items[0].ItemId);
        RecommendResponse all = await _server.Recommendations.RecommendAsync(new() { UserId = "ann", Limit = 1000 });
        Assert.Contains(all.Items, item => item.ItemId == "new" && item.Source == "towers");
        Assert.Equal(42, (await _server.Recommendations.RecommendAsync(new() { Limit = 1000 })).Items.Count);
        float[] expected = [.. RunningServer.World.ItemVector(3).Select(x => CatalogueBundle.Stretch * x)];
        EmbedItemsResponse embedded = await _server.Recommendations.EmbedItemsAsync(new() { Items = { new ItemInput { ItemId = "new" } } });
        Assert.Equal(expected, embedded.Embeddings[0].Values);
        Assert.Equal(42, (await new ModelService.ModelServiceClient(_server.Channel).StatusAsync(new())).Active.Items);
    }

    [Fact]
    public async Task UpsertItems_OfAKnownOne_ReplacesItWhole()
    {
        UpsertItemsResponse upserted = await _catalog.UpsertItemsAsync(new() { Items = { new Item { ItemId = "item-5", Title = "Renamed", Attributes = { ["n"] = new() { IntValue = 7 } } } } });

        Assert.Equal((0, 1), (upserted.Inserted, upserted.Updated));
        Item item = (await _catalog.GetItemAsync(new() { ItemId = "item-5" })).Item;
        Assert.Equal(new Item { ItemId = "item-5", Title = "Renamed", Attributes = { ["n"] = new() { IntValue = 7 } } }, item);
        // The tower was trained on the item, and knows it by its id still.
        EmbedItemsResponse embedded = await _server.Recommendations.EmbedItemsAsync(new() { Items = { new ItemInput { ItemId = "item-5" } } });
        Assert.Equal(RunningServer.World.ItemVector(5), embedded.Embeddings[0].Values);
    }

    [Fact]
    public async Task DeleteItems_TakesThemOutEverywhere()
    {
        await _catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3") } });

        Assert.Equal(3, (await _catalog.DeleteItemsAsync(new() { ItemIds = { "new", "item-0", "item-30", "item-0", "nothing" } })).Deleted);
        Assert.Equal(0, (await _catalog.DeleteItemsAsync(new() { ItemIds = { "new", "item-0" } })).Deleted);

        string[] gone = ["new", "item-0", "item-30"];
        RecommendRequest[] requests =
        [
            new() { Limit = 1000 },
            new() { UserId = "ann", Limit = 1000 },
            new() { RecentItemIds = { "item-3" }, Limit = 1000 },
            new() { Context = { ["country"] = new() { StringValue = "France" } }, Limit = 1000 },
        ];
        foreach (RecommendRequest request in requests)
            Assert.DoesNotContain((await _server.Recommendations.RecommendAsync(request)).Items, item => gone.Contains(item.ItemId));
        Assert.DoesNotContain((await _server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Limit = 1000 })).Items, item => gone.Contains(item.ItemId));
        foreach (string id in gone)
        {
            CallFailure failure = await RunningServer.FailAsync(_catalog.GetItemAsync(new() { ItemId = id }));
            Assert.Equal((StatusCode.NotFound, "UNKNOWN_ITEMS"), (failure.Code, failure.Reason));
        }

        Assert.Equal(1, (await _catalog.UpsertItemsAsync(new() { Items = { new Item { ItemId = "item-0" } } })).Inserted);
        Assert.Equal("item-0", (await _server.Recommendations.RecommendAsync(new() { Limit = 1 })).Items[0].ItemId);
    }

    [Fact]
    public async Task GetItem_OfTheBundle_HasAllThatTheBundleSays()
    {
        Item item = (await _catalog.GetItemAsync(new() { ItemId = "item-7" })).Item;

        Assert.Equal(
            new Item
            {
                ItemId = "item-7",
                Title = "Item & number 7",
                Features = { ["price"] = new() { FloatValue = 7.5 } },
                Attributes = { ["colour"] = new() { StringValue = "blue" }, ["sizes"] = new() { IntList = new() { Values = { 7, 8 } } } },
            },
            item);
    }

    [Fact]
    public async Task UpsertItems_WithViolations_TellsAllAndChangesNothing()
    {
        Item wrongKind = CatalogueBundle.New("b", "item-3");
        wrongKind.Features["like"] = new() { FloatValue = 1 };
        wrongKind.Attributes["x"] = new() { FloatValue = double.NaN };
        wrongKind.Attributes["empty"] = new();
        var request = new UpsertItemsRequest { Items = { CatalogueBundle.New("a", "item-3"), CatalogueBundle.New("", "item-3"), wrongKind, CatalogueBundle.New("a", "item-3"), CatalogueBundle.New(new string('x', 257), "item-3") } };

        CallFailure failure = await RunningServer.FailAsync(_catalog.UpsertItemsAsync(request));

        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Equal(
            ["items[1].item_id", "items[2].attributes[empty]", "items[2].attributes[x]", "items[2].features[like]", "items[3].item_id", "items[4].item_id"],
            failure.Violations.Select(violation => violation.Field).Order(StringComparer.Ordinal));
        await RunningServer.FailAsync(_catalog.GetItemAsync(new() { ItemId = "a" }));
        var many = new UpsertItemsRequest();
        many.Items.AddRange(Enumerable.Range(0, 1025).Select(i => new Item { ItemId = $"many-{i}" }));
        Assert.Equal("items", (await RunningServer.FailAsync(_catalog.UpsertItemsAsync(many))).Violations[0].Field);
        Assert.Equal("item_id", (await RunningServer.FailAsync(_catalog.GetItemAsync(new()))).Violations[0].Field);
        Assert.Equal("item_ids[1]", (await RunningServer.FailAsync(_catalog.DeleteItemsAsync(new() { ItemIds = { "a", "" } }))).Violations[0].Field);
        Assert.Equal(0, (await _catalog.UpsertItemsAsync(new())).Inserted);
    }

    [Fact]
    public async Task UpsertItems_WithoutItemTower_IsRefusedButDeletionsAreNot()
    {
        await using RunningServer server = await RunningServer.StartAsync(change: content => content with
        {
            ItemTower = null,
            ItemEmbeddings = Enumerable.Range(0, RunningServer.World.ItemCount).SelectMany(RunningServer.World.ItemVector).ToArray(),
        });
        var catalog = new CatalogService.CatalogServiceClient(server.Channel);

        CallFailure failure = await RunningServer.FailAsync(catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3") } }));

        Assert.Equal((StatusCode.FailedPrecondition, "ITEM_TOWER_MISSING"), (failure.Code, failure.Reason));
        Assert.Equal(1, (await catalog.DeleteItemsAsync(new() { ItemIds = { "item-1" } })).Deleted);
        Assert.Equal(39, (await server.Recommendations.RecommendAsync(new() { Limit = 1000 })).Items.Count);
    }
}
