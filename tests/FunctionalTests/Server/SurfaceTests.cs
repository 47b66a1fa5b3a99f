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
