using Grpc.Core;
using Inference.Server.Surfaces;
using Microsoft.Extensions.DependencyInjection;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>Surfaces over gRPC: the built-in ones, a file that changes, and what of it is refused.</summary>
public sealed class SurfaceTests : IDisposable
{
    private readonly SmallWorld _world = new(items: 200, seed: 5);
    private readonly SmallFusion _fusion;
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"surfaces-{Guid.NewGuid():N}.json");

    public SurfaceTests() => _fusion = new SmallFusion(_world);

    public void Dispose()
    {
        _fusion.Dispose();
        File.Delete(_file);
    }

    [Theory]
    [InlineData("home")]
    [InlineData("product")]
    [InlineData("cart")]
    [InlineData("search")]
    public async Task Recommend_ForABuiltInSurface_ExplainsItselfByParts(string surface)
    {
        await using RunningServer server = await RunningServer.StartAsync(change: _ => _fusion.AddTo(_world.Content()));
        var request = new RecommendRequest { UserId = "ann", Surface = surface, Limit = 8, Options = new() { Explain = true } };

        RecommendResponse reply = await server.Recommendations.RecommendAsync(request);

        Assert.Equal(surface, reply.Surface);
        Assert.Equal(8, reply.Items.Count);
        Assert.Empty(reply.Degraded);
        Assert.All(reply.Items, item => Assert.Equal(item.Score, item.Parts.Sum(part => part.Contribution), 1e-5 * Math.Max(1, Math.Abs(item.Score))));
        Assert.NotEmpty(reply.Report.Retrievers);
    }

    [Fact]
    public async Task Recommend_ForAnUnknownSurface_NamesThoseThatThereAre()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        CallFailure failure = await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "hoem" }));
        Assert.Equal(StatusCode.InvalidArgument, failure.Code);
        Assert.Equal("surface", Assert.Single(failure.Violations).Field);
        Assert.Contains("home, product, cart, search. Did you mean 'home'?", failure.Violations[0].Description, StringComparison.Ordinal);
        failure = await RunningServer.FailAsync(server.Recommendations.SimilarItemsAsync(new SimilarItemsRequest { ItemIds = { "x" }, Surface = "hoem" }));
        Assert.Equal("surface", Assert.Single(failure.Violations).Field);
    }

    [Fact]
    public async Task Recommend_ByContentOfABundleWithoutAModel_FindsWhatSharesAttributesFromTheFirstRequestOn()
    {
        await File.WriteAllTextAsync(_file, """
            { "surfaces": {
                "colours": { "retrievers": [ { "name": "content", "attributes": ["colour"] } ], "fusion": "reciprocal_rank" },
                "bare": { "retrievers": [ "content", "popularity" ] }
            } }
            """);
        await using RunningServer server = await RunningServer.StartAsync(options => options.Surfaces.File = _file, CatalogueBundle.Of);
        var request = new RecommendRequest { Surface = "colours", RecentItemIds = { "item-3" }, ExcludedItemIds = { "item-13" }, Limit = 5, Filter = "sizes >= 10", Options = new() { Explain = true } };

        RecommendResponse reply = await server.Recommendations.RecommendAsync(request);
        RecommendResponse bare = await server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "bare", RecentItemIds = { "item-3" }, Limit = 5 });

        // Odd rows are blue, low rows popular; a row has the sizes row and row + 1.
        Assert.Equal(["item-9", "item-11", "item-15", "item-17", "item-19"], reply.Items.Select(item => item.ItemId));
        Assert.All(reply.Items, item => Assert.Equal("content", item.Source));
        // Half of the items are blue, and popularity adds a thousandth at most.
        Assert.All(reply.Items, item => Assert.Equal(Math.Log(2), item.Parts.Single().Score, 1e-3));
        Assert.Empty(reply.Degraded);
        Assert.Equal(15, Assert.Single(reply.Report.Retrievers, report => report.Name == "content").Found);
        Assert.Contains(bare.Degraded, label => label.Component == "retrievers" && label.Detail.Contains("no 'content' by 'category'", StringComparison.Ordinal));
        Assert.Equal(5, bare.Items.Count);
    }

    [Fact]
    public async Task Recommend_WhileTheFileChanges_TakesWhatIsValidAndKeepsItOtherwise()
    {
        await File.WriteAllTextAsync(_file, """{ "surfaces": { "first": { "retrievers": ["popularity"] } } }""");
        await using RunningServer server = await RunningServer.StartAsync(
            options =>
            {
                options.Surfaces.File = _file;
                options.Surfaces.PollInterval = TimeSpan.Zero;
            },
            _ => _fusion.AddTo(_world.Content()));
        ServedSurfaces surfaces = server.Host.Services.GetRequiredService<ServedSurfaces>();
        Assert.Equal("first", (await server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "first" })).Surface);
        Assert.Equal("", (await server.Recommendations.RecommendAsync(new RecommendRequest())).Surface);

        await File.WriteAllTextAsync(_file, """{ "surfaces": { "second": { "depth": 0 } } }""");
        Assert.False(surfaces.Look());
        Assert.Equal("first", (await server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "first" })).Surface);

        await File.WriteAllTextAsync(_file, """{ "default": "second", "surfaces": { "second": { "retrievers": ["recent_items", "popularity"], "fusion": "reciprocal_rank" } } }""");
        Assert.True(surfaces.Look());
        Assert.False(surfaces.Look());
        await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "first" }));
        Assert.Equal("second", (await server.Recommendations.RecommendAsync(new RecommendRequest())).Surface);
        File.Delete(_file);
        Assert.False(surfaces.Look());
        Assert.Equal("second", (await server.Recommendations.RecommendAsync(new RecommendRequest())).Surface);
    }
}
