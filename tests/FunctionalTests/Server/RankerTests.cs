using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Server.Options;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Towers.Encoders;
using OpenInferenceProtocol.V2;
using Recsys.V1;
using FunctionalTests.Server.OpenInference;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>A bundle's ranking model over gRPC.</summary>
public sealed class RankerTests : IDisposable
{
    private const string Surfaces = """{ "surfaces": { "ranked": { "rank": true, "rankBudget": "1s" }, "plain": { } } }""";

    private readonly SmallRanker _ranker = new(RunningServer.World.ItemCount);
    private readonly string _surfaces = Path.GetTempFileName();

    public RankerTests() => File.WriteAllText(_surfaces, Surfaces);

    public void Dispose() => File.Delete(_surfaces);

    [Fact]
    public async Task Recommend_ByASurfaceThatRanks_GivesTheOrderAndScoresThatTheModelComputesByHand()
    {
        await using RunningServer server = await RunningServer.StartAsync(Configure, _ranker.AddTo);
        foreach ((string? country, int countryId, int[] history) in ((string?, int, int[])[])[("Spain", 2, [3, 8]), ("Atlantis", 4, [11]), (null, 0, [20, 21, 22, 5, 20])])
        {
            (int Row, float Score)[] expected = [.. Oracle(countryId, history).Take(12)];
            var request = new RecommendRequest { Limit = 12, Surface = "ranked", RecentItemIds = { history.Select(SmallWorld.IdOf) } };
            if (country is not null)
                request.Context["country"] = new() { StringValue = country };

            RecommendResponse reply = await server.Recommendations.RecommendAsync(request);
            request.Surface = "plain";
            RecommendResponse plain = await server.Recommendations.RecommendAsync(request);

            Assert.Empty(reply.Degraded);
            Assert.Equal(expected.Select(item => SmallWorld.IdOf(item.Row)), reply.Items.Select(item => item.ItemId));
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i].Score, reply.Items[i].Score, 1e-4f);
            Assert.All(reply.Items, item => Assert.Equal("towers", item.Source));
            Assert.NotEqual(plain.Items.Select(item => item.ItemId), reply.Items.Select(item => item.ItemId));
        }
    }

    [Fact]
    public async Task Recommend_WhereTheModelGivesNoNumbers_KeepsTheOrderAndLabelsIt()
    {
        var graph = new OnnxGraph("bad");
        OnnxValue x = graph.Input("x", OnnxType.Float32, "batch", 1);
        graph.Output("score", graph.Divide(x, graph.Multiply(x, graph.Constant("zero", [0f], 1))), OnnxType.Float32, "batch", 1);
        var manifest = new TowerManifest { Inputs = [new InputManifest { Name = "x", Encoder = new CrossSpec { Value = "retrieval_rank" } }] };
        await using RunningServer server = await RunningServer.StartAsync(Configure, content => content with { Ranker = new TowerContent { Model = graph.ToBytes(), Manifest = manifest } });

        var request = new RecommendRequest { Surface = "plain", RecentItemIds = { "item-3" } };
        RecommendResponse plain = await server.Recommendations.RecommendAsync(request);
        request.Surface = "ranked";
        RecommendResponse reply = await server.Recommendations.RecommendAsync(request);

        Degradation degraded = Assert.Single(reply.Degraded);
        Assert.Equal(("ranker", DegradationReason.Failed), (degraded.Component, degraded.Reason));
        Assert.Equal(plain.Items, reply.Items);
        Assert.Matches("recsys_ranker_duration_seconds_count\\{[^}]*recsys_outcome=\"error\"[^}]*\\} 1", await server.Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task Status_TellsWhatTheRankerReads_AndWhereThereIsNoneOfIt()
    {
        await using (RunningServer server = await RunningServer.StartAsync(Configure, _ranker.AddTo))
        {
            ModelVersion version = Assert.Single((await new ModelService.ModelServiceClient(server.Channel).ListVersionsAsync(new ListVersionsRequest())).Versions);
            Assert.Equal(["country"], version.Ranker.UserFeatures);
            Assert.Equal(["price"], version.Ranker.ItemFeatures);
            Assert.Contains("retrieval_score", version.Ranker.CrossFeatures);
            Assert.Equal(SmallRanker.MaxHistory, version.Ranker.MaxHistory);
            Assert.Contains(version.Providers, use => use is { Part: "ranker", Actual: "cpu" });
            Assert.DoesNotContain(version.Warnings, warning => warning.Contains("rank", StringComparison.Ordinal));
        }

        await using (RunningServer server = await RunningServer.StartAsync(Configure))
        {
            ModelVersion version = Assert.Single((await new ModelService.ModelServiceClient(server.Channel).ListVersionsAsync(new ListVersionsRequest())).Versions);
            Assert.Null(version.Ranker);
            Assert.Contains(version.Warnings, warning => warning.Contains("'ranked'", StringComparison.Ordinal) && warning.Contains("no ranking model", StringComparison.Ordinal));
            Assert.Empty((await server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "ranked" })).Degraded);
        }
    }

    [Fact]
    public async Task Recommend_FromManyClientsAtOnce_GivesEachWhatItGetsAlone()
    {
        await using RunningServer server = await RunningServer.StartAsync(Configure, _ranker.AddTo);
        RecommendRequest[] requests = [.. Enumerable.Range(0, 48).Select(user => new RecommendRequest
        {
            Surface = "ranked", RecentItemIds = { SmallWorld.IdOf(user % 40) }, Context = { ["country"] = new() { StringValue = SmallWorld.Countries[user % 3] } },
        })];
        var alone = new List<string>();
        foreach (RecommendRequest request in requests)
            alone.Add(Slate(await RankedAsync(server, request)));

        RecommendResponse[] together = await Task.WhenAll(requests.Select(request => server.Recommendations.RecommendAsync(request).ResponseAsync));

        // A ranking has a second at most, and a busy machine may stand still for that long: those are told from the others by their label.
        (string Alone, RecommendResponse Reply)[] ranked = [.. alone.Zip(together).Where(pair => IsRanked(pair.Second))];
        Assert.NotEmpty(ranked);
        Assert.All(ranked, pair => Assert.Equal(pair.Alone, Slate(pair.Reply)));

        static string Slate(RecommendResponse reply) => string.Join(" ", reply.Items.Select(item => item.ItemId)) + string.Join(" ", reply.Degraded.Select(one => one.Detail));
    }

    [Fact]
    public async Task Activate_OfAVersionWithAnotherRanker_ChangesTheOrderWithTheVersion_AndNoReplyMixesThem()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(version: "all", configure: Configure);
        foreach ((string version, int seed) in ((string, int)[])[("2", 11), ("3", 12)])
        {
            // Each version has an item of its own.
            await server.PublishAsync(version, change: content => new SmallRanker(RunningServer.World.ItemCount + 5, seed).AddTo(content));
            await server.UntilAsync(status => status.Active.Version == "small/" + version);
        }

        var request = new RecommendRequest { Surface = "ranked", RecentItemIds = { "item-3", "item-8" } };
        var expected = new Dictionary<string, string>();
        foreach (string version in (string[])["1", "2", "3"])
        {
            await server.Models.ActivateAsync(new ActivateRequest { Version = "small/" + version });
            RecommendResponse reply = await RankedAsync(server.Server, request);
            Assert.Equal("small/" + version, reply.ModelVersion);
            expected[reply.ModelVersion] = Slate(reply);
        }

        Assert.Equal(3, expected.Values.Distinct().Count());
        using var stop = new CancellationTokenSource();
        Task<int> asking = Task.Run(async () =>
        {
            int replies = 0;
            while (!stop.IsCancellationRequested)
            {
                RecommendResponse reply = await server.Server.Recommendations.RecommendAsync(request);
                if (!IsRanked(reply))
                    continue;
                Assert.Equal(expected[reply.ModelVersion], Slate(reply));
                replies++;
            }

            return replies;
        });
        for (int i = 0; i < 30; i++)
            await server.Models.ActivateAsync(new ActivateRequest { Version = $"small/{1 + (i % 3)}" });
        await stop.CancelAsync();
        Assert.True(await asking > 0);

        static string Slate(RecommendResponse reply) => string.Join(" ", reply.Items.Select(item => $"{item.ItemId} {item.Score:R}")) + reply.Degraded.Count;
    }

    [Fact]
    public async Task Recommend_WhenExplained_GivesTheModelAsTheWholeScore_AndWhatRetrievedBesideIt()
    {
        await using RunningServer server = await RunningServer.StartAsync(Configure, _ranker.AddTo);

        RecommendResponse reply = await server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "ranked", RecentItemIds = { "item-3" }, Options = new() { Explain = true } });

        Assert.All(reply.Items, item =>
        {
            Assert.Equal(item.Score, item.Parts.Sum(part => part.Contribution), 1e-5);
            Assert.Equal(item.Score, Assert.Single(item.Parts, part => part.Name == "ranker").Contribution, 1e-5);
            Assert.Equal(0, Assert.Single(item.Parts, part => part.Name == "towers").Contribution);
        });
    }

    [Fact]
    public async Task ModelInfer_OfTheRanker_IsItsGraph()
    {
        await using RunningServer server = await RunningServer.StartAsync(Configure, _ranker.AddTo);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);
        Assert.Equal(["country", "history_ids", "history_mask", "item", "pair"], (await client.ModelMetadataAsync(new() { Name = "small.ranker" })).Inputs.Select(input => input.Name));
        int pairs = SmallRanker.Cross.Length + 1;

        ModelInferResponse response = await client.ModelInferAsync(new ModelInferRequest { ModelName = "ranker" }
            .With(true, "country", "INT64", [2], [2L, 0L])
            .With(true, "history_ids", "INT64", [2, 1], [4L, 5L])
            .With(true, "history_mask", "FP32", [2, 1], [1f, 1f])
            .With(true, "item", "INT64", [2], [8L, 9L])
            .With(true, "pair", "FP32", [2, pairs], new float[2 * pairs]));

        // Without anything of the pair: neither its numbers nor a price.
        float[] nothing = new float[CrossFeatures.Count];
        Assert.Equal(_ranker.Score(2, [3], 7, nothing) - (SmallRanker.PriceWeight * 7.5f), response.Elements<float>("score")[0], 1e-5f);
        Assert.Equal(_ranker.Score(0, [4], 8, nothing) - (SmallRanker.PriceWeight * 8.5f), response.Elements<float>("score")[1], 1e-5f);
    }

    private static bool IsRanked(RecommendResponse reply) => reply.Degraded.All(one => one.Component != "ranker");

    private static async Task<RecommendResponse> RankedAsync(RunningServer server, RecommendRequest request)
    {
        for (int tries = 1; ; tries++)
        {
            RecommendResponse reply = await server.Recommendations.RecommendAsync(request);
            if (IsRanked(reply) || tries == 10)
                return reply;
        }
    }

    /// <summary>All candidates by the model's score, computed from what the world is made of.</summary>
    private IEnumerable<(int Row, float Score)> Oracle(int countryId, int[] history)
    {
        SmallWorld world = RunningServer.World;
        float[] user = world.Embed(countryId, history);
        int rank = 0;
        var candidates = new List<(int Row, float Score)>();
        foreach ((int row, double score) in Enumerable.Range(0, world.ItemCount).Except(history).Select(row => (row, Dot(world.ItemVector(row), user))).OrderByDescending(item => item.Item2))
        {
            float[] item = world.ItemVector(row), latest = world.ItemVector(history[^1]);
            var cross = new float[CrossFeatures.Count];
            cross[(int)CrossFeature.RetrievalScore] = (float)score;
            cross[(int)CrossFeature.RetrievalRank] = ++rank;
            cross[(int)CrossFeature.Cosine] = (float)(score / Math.Sqrt(Dot(item, item) * Dot(user, user)));
            cross[(int)CrossFeature.Popularity] = 0.5f - (0.01f * row);
            cross[(int)CrossFeature.LatestSimilarity] = (float)(Dot(item, latest) / Math.Sqrt(Dot(item, item) * Dot(latest, latest)));
            cross[(int)CrossFeature.HistoryPosition] = float.NaN;
            cross[(int)CrossFeature.KnownEvents] = history.Distinct().Count();
            candidates.Add((row, _ranker.Score(countryId, history, row, cross)));
        }

        return candidates.OrderByDescending(item => item.Score);

        static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
    }

    private void Configure(InferenceOptions options) => options.Surfaces.File = _surfaces;
}
