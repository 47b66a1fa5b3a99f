using FunctionalTests.Storage;
using Inference.Server.Options;
using Recsys.V1;
using UnitTests.Cli;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>A surface that looks for items in a vector engine: filled by the tool, asked by the server, done without where it is not there.</summary>
public sealed class VectorEngineServingTests : IDisposable
{
    private readonly SmallWorld _world = new(items: 200, seed: 3);
    private readonly SmallFusion _fusion;
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"surfaces-{Guid.NewGuid():N}.json");

    public VectorEngineServingTests()
    {
        _fusion = new SmallFusion(_world);
        File.WriteAllText(_file, """
        { "surfaces": {
            "outside": { "retrievers": [ { "name": "vector_engine", "budget": "1s", "quota": 20 } ], "fusion": "z_score" },
            "inside": { "retrievers": [ { "name": "towers", "budget": "1s", "quota": 20 } ], "fusion": "z_score" },
            "both": { "retrievers": [ { "name": "vector_engine", "budget": "1s", "quota": 20 }, "recent_items", "popularity" ], "fusion": "reciprocal_rank" }
        } }
        """);
    }

    public void Dispose()
    {
        _fusion.Dispose();
        File.Delete(_file);
    }

    [SkippableTheory]
    [MemberData(nameof(VectorServer.Kinds), MemberType = typeof(VectorServer))]
    public async Task Recommend_ByTheVectorEngine_GivesWhatTheTowersWould(string kind)
    {
        await using VectorServer vectors = await VectorServer.StartAsync(kind);
        await using RunningServer server = await StartAsync(options => options.VectorEngine.Configuration = vectors.Address);
        CliRun push = await CliRun.Of("vectors", "push", "--bundle", server.Bundle, "--redis", vectors.Address, "--shards", "2", "--quantization", "none", "--attributes", "colour");
        Assert.Equal(0, push.Code);
        Assert.Contains("brought 200 vectors in 2 shards", push.Output, StringComparison.Ordinal);

        foreach (string filter in (string[])["", """colour = "red" """, """colour = "red" and weight < 100"""])
        {
            RecommendResponse outside = await server.Recommendations.RecommendAsync(Request("outside", filter));
            RecommendResponse inside = await server.Recommendations.RecommendAsync(Request("inside", filter));

            Assert.Empty(outside.Degraded);
            Assert.Equal(inside.Items.Select(item => item.ItemId), outside.Items.Select(item => item.ItemId));
            Assert.All(outside.Items.Take(4), item => Assert.Equal("vector_engine", item.Source));
            Assert.True(outside.ServedBy is Rung.UserTower or Rung.CachedEmbedding, outside.ServedBy.ToString());
            // Its own score is the metric's, as that of the towers; a cached embedding has 16 bits a component.
            Assert.Equal(inside.Items[0].Parts.Single().Score, outside.Items[0].Parts.Single().Score, 0.01);
        }

        RecommendResponse both = await server.Recommendations.RecommendAsync(Request("both", ""));
        Assert.Empty(both.Degraded);
        Assert.Contains(both.Report.Retrievers, report => report.Name == "vector_engine" && report.Found == 20);
    }

    [SkippableFact]
    public async Task Recommend_WithoutVectorsOrWithoutAnEngine_SaysSoAndServesTheRest()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RunningServer empty = await StartAsync(options => options.Redis.Configuration = redis.Address);
        await using RunningServer none = await StartAsync(_ => { });
        await using RunningServer away = await StartAsync(options => options.VectorEngine.Configuration = $"127.0.0.1:{RedisProcess.FreePort()}");

        foreach ((RunningServer server, string component, string message) in (ReadOnlySpan<(RunningServer, string, string)>)
                 [(empty, "vector_engine", "could not be asked (unavailable)"), (away, "vector_engine", "could not be asked (unavailable)"), (none, "retrievers", "No vector engine is configured")])
        {
            RecommendResponse reply = server.Recommendations.Recommend(Request("both", ""));

            Assert.Equal(5, reply.Items.Count);
            Assert.All(reply.Items, item => Assert.NotEqual("vector_engine", item.Source));
            Degradation label = Assert.Single(reply.Degraded, label => label.Component == component);
            Assert.Equal(DegradationReason.Unavailable, label.Reason);
            Assert.Contains(message, label.Detail, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Vectors_ByTheTool_AreListedAndDropped_AndRefusedByAnOldRedis()
    {
        await using VectorServer vectors = await VectorServer.StartAsync();
        using RedisProcess old = await RedisProcess.StartAsync();
        string bundle = await RunningServer.WriteBundleAsync();
        try
        {
            CliRun push = await CliRun.Of("vectors", "push", "--bundle", bundle, "--redis", vectors.Address);
            CliRun again = await CliRun.Of("vectors", "push", "--bundle", bundle, "--redis", vectors.Address);
            CliRun list = await CliRun.Of("vectors", "list", "--redis", vectors.Address, "--json", "-");
            string space = System.Text.Json.JsonDocument.Parse(list.Output).RootElement.EnumerateObject().Single().Name;
            CliRun dropped = await CliRun.Of("vectors", "drop", "--redis", vectors.Address, "--space", space);
            CliRun twice = await CliRun.Of("vectors", "drop", "--redis", vectors.Address, "--space", space);
            CliRun refused = await CliRun.Of("vectors", "push", "--bundle", bundle, "--redis", old.Address);
            CliRun wrong = await CliRun.Of("vectors", "push", "--bundle", bundle, "--redis", old.Address, "--shards", "0");

            Assert.Equal((0, 0, 0, 0, 1, 1, 2), (push.Code, again.Code, list.Code, dropped.Code, twice.Code, refused.Code, wrong.Code));
            Assert.Contains("nothing to do: all 40 vectors are there", again.Output, StringComparison.Ordinal);
            Assert.Empty(vectors.Keys());
            Assert.Contains("has no vector sets", refused.Error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(bundle))!, recursive: true);
        }
    }

    private static RecommendRequest Request(string surface, string filter) => new()
    {
        UserId = "ann", Surface = surface, Limit = 5, Filter = filter, ExcludedItemIds = { "item-7", "item-8" }, Options = new() { Explain = true },
    };

    private async Task<RunningServer> StartAsync(Action<InferenceOptions> configure) => await RunningServer.StartAsync(
        options =>
        {
            options.Surfaces.File = _file;
            options.Redis.CommandTimeout = TimeSpan.FromSeconds(5);
            configure(options);
        },
        // With a fused model, the time of all retrievers together is an option, and a test can be patient.
        _ => _fusion.AddTo(VectorEngineTests.Coloured(_world.Content())));
}
