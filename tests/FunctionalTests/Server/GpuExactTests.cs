using Inference.Towers;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>A server whose items are searched by a model: the answers of one without, and changes of the catalogue count at once.</summary>
public sealed class GpuExactTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public async Task InitializeAsync() => _server = await RunningServer.StartAsync(
        options =>
        {
            options.Index.Kind = ItemIndexKind.GpuExact;
            options.Recommend.DeviceSearchBudget = TimeSpan.FromSeconds(10);
        },
        CatalogueBundle.Of);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Recommend_OverADevice_GivesWhatTheTowersSay()
    {
        RecommendResponse reply = await _server.Recommendations.RecommendAsync(new() { UserId = "ann", Limit = 5, ExcludedItemIds = { "item-9" } });

        Assert.Equal(RunningServer.World.Top(5, RunningServer.World.Embed(2, 1, 2), 1, 2, 9), reply.Items.Select(item => item.ItemId));
        Assert.Empty(reply.Degraded);
        Assert.Matches("recsys_index_device_searches_total\\{[^}]*recsys_outcome=\"found\"", await _server.Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task UpsertAndDelete_AreSeenByTheNextSearch()
    {
        var catalog = new CatalogService.CatalogServiceClient(_server.Channel);

        await catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3", "Brand new") } });
        Assert.Equal("new", (await _server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Limit = 1 })).Items[0].ItemId);

        await catalog.DeleteItemsAsync(new() { ItemIds = { "new" } });
        Assert.Equal(RunningServer.World.Top(4, RunningServer.World.ItemVector(3), 3), (await _server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Limit = 4 })).Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task Status_NamesTheDeviceOfTheIndex()
    {
        StatusResponse status = await new ModelService.ModelServiceClient(_server.Channel).StatusAsync(new());

        Assert.Equal("exact", status.Active.Index.Kind);
        Assert.Contains(status.Active.Providers, use => use is { Part: "index", Wanted: "cpu", Actual: "cpu", Reason: "" });
    }
}
