using Grpc.Core;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>Filters over gRPC, with real towers and items that change.</summary>
public sealed class FilterTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private CatalogService.CatalogServiceClient _catalog = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync(change: CatalogueBundle.Of);
        _catalog = new CatalogService.CatalogServiceClient(_server.Channel);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("ann")]
    [InlineData("nobody")]
    public async Task Recommend_WithAFilter_ReturnsOnlyWhatItSelects(string user)
    {
        RecommendResponse response = await _server.Recommendations.RecommendAsync(new() { UserId = user, Filter = "colour = \"red\" and sizes >= 10", Limit = 1000, Options = new() { IncludeSeen = true } });

        // Even rows are red, and a row has the sizes row and row + 1.
        Assert.Equal(Enumerable.Range(0, 40).Where(row => row % 2 == 0 && row >= 9).Select(row => $"item-{row}").Order(StringComparer.Ordinal), response.Items.Select(item => item.ItemId).Order(StringComparer.Ordinal));
        Assert.Contains(response.Degraded, label => label.Component == "filter" && label.Reason == DegradationReason.TooFewCandidates);
    }

    [Fact]
    public async Task Recommend_WhenTheFilterSelectsNothing_IsOkAndSaysSo()
    {
        RecommendResponse response = await _server.Recommendations.RecommendAsync(new() { UserId = "ann", Filter = "sizes > 1000" });

        Assert.Empty(response.Items);
        Assert.Contains(response.Degraded, label => label.Component == "filter" && label.Reason == DegradationReason.TooFewCandidates);
    }

    [Fact]
    public async Task SimilarItems_WithAFilter_ReturnsOnlyWhatItSelects()
    {
        SimilarItemsResponse response = await _server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Filter = "colour = \"red\"", Limit = 5 });

        Assert.Equal(5, response.Items.Count);
        Assert.All(response.Items, item => Assert.Equal(0, int.Parse(item.ItemId.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture) % 2));
    }

    [Theory]
    [InlineData("colour = \"red\" and size > 3", "at 19: 'size' is no attribute; did you mean 'sizes'?")]
    [InlineData("colour > 3", "at 9: 'colour' is a text, and this is a number.")]
    [InlineData("colour = ", "at 9: expected a value")]
    public async Task EveryMethod_WithABadFilter_SaysWhereAndWhy(string filter, string message)
    {
        CallFailure[] failures =
        [
            await RunningServer.FailAsync(_server.Recommendations.RecommendAsync(new() { Filter = filter })),
            await RunningServer.FailAsync(_server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Filter = filter })),
        ];

        Assert.All(failures, failure =>
        {
            Assert.Equal(StatusCode.InvalidArgument, failure.Code);
            Assert.Equal("filter", Assert.Single(failure.Violations).Field);
            Assert.StartsWith(message, failure.Violations[0].Description, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Recommend_AfterTheCatalogueChanged_AsksTheNewAttributes()
    {
        RecommendRequest green = new() { UserId = "ann", Filter = "colour = \"green\"", Limit = 1000, Options = new() { IncludeSeen = true } };
        Assert.Empty((await _server.Recommendations.RecommendAsync(green)).Items);

        await _catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("new", "item-3"), new Item { ItemId = "item-5", Attributes = { ["colour"] = new() { StringValue = "green" } } } } });
        Assert.Equal(["item-5", "new"], (await _server.Recommendations.RecommendAsync(green)).Items.Select(item => item.ItemId).Order(StringComparer.Ordinal));

        await _catalog.DeleteItemsAsync(new() { ItemIds = { "new" } });
        Assert.Equal("item-5", Assert.Single((await _server.Recommendations.RecommendAsync(green)).Items).ItemId);
    }

    [Fact]
    public async Task Start_WithAFilterForAllRequests_AddsItAndWarnsOfUnknownAttributes()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Filters.Always = "colour = \"red\" and missing(until)", CatalogueBundle.Of);

        RecommendResponse response = await server.Recommendations.RecommendAsync(new() { UserId = "ann", Limit = 1000, Options = new() { IncludeSeen = true } });

        Assert.Equal(20, response.Items.Count);
        ModelStatusCheck(await new ModelService.ModelServiceClient(server.Channel).StatusAsync(new()));
    }

    [Fact]
    public async Task Start_WithAFilterOfTheWrongType_RefusesTheBundle()
    {
        Exception? e = await Record.ExceptionAsync(async () => await (await RunningServer.StartAsync(options => options.Filters.Always = "colour > 3", CatalogueBundle.Of)).DisposeAsync());

        Assert.NotNull(e);
        Assert.Contains("Inference:Filters:Always", e.Message, StringComparison.Ordinal);
        Assert.Contains("at 9: 'colour' is a text", e.Message, StringComparison.Ordinal);
    }

    private static void ModelStatusCheck(StatusResponse status) => Assert.Contains("until", string.Join(' ', status.Active.Warnings), StringComparison.Ordinal);
}
