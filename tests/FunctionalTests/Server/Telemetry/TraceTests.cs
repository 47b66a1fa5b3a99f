using FunctionalTests.Storage;
using Grpc.Core;
using Inference.Server.Options;
using Otlp;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server.Telemetry;

/// <summary>The spans of surfaces, fused models, rankers, events and Redis, as a collector receives them.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class TraceTests : IDisposable
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string Surfaces = """
        { "surfaces": {
            "mixed": { "retrievers": ["towers", "recent_items", "popularity"], "fusion": "reciprocal_rank", "slate": { "diversity": 0.3 } },
            "ranked": { "rank": true, "rankBudget": "1s" }
        } }
        """;

    private static readonly Metadata Traced = new() { { "traceparent", $"00-{TraceId}-b7ad6b7169203331-01" } };

    /// <summary>Bulk work has a second for its retrievers, not the 20 ms of which a busy machine may take all.</summary>
    private static readonly Metadata TracedBulk = new() { Traced[0], { "x-priority", "bulk" } };

    private readonly string _surfaces = Path.GetTempFileName();

    public TraceTests() => File.WriteAllText(_surfaces, Surfaces);

    public void Dispose() => File.Delete(_surfaces);

    [Fact]
    public async Task Trace_OfASurface_HasASpanForEachRetriever()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, change: CatalogueBundle.Of))
            await server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "mixed", RecentItemIds = { "item-3" }, Filter = "sizes >= 10" }, TracedBulk);

        Assert.Equal(
            """
            recsys.v1.RecommendationService/Recommend
              recommend
                filter
                retrieval
                  user_tower
                    tower_run
                  retriever
                  retriever
                  retriever
                    index_search
                  fusion
                make_up
            """,
            SpanTree.Of(collector.Spans, TraceId));
        Dictionary<string, string>[] retrievers = [.. collector.Spans.Where(span => span.Name == "retriever").Select(span => span.Attributes.ToTexts())];
        Assert.Equal(["popularity", "recent_items", "towers"], retrievers.Select(tags => tags["recsys.retriever"]).Order());
        Assert.All(retrievers, tags => Assert.Equal("ok", tags["recsys.outcome"]));
        Assert.All(retrievers, tags => Assert.InRange(int.Parse(tags["recsys.retriever.candidates"], System.Globalization.CultureInfo.InvariantCulture), 1, 40));
        Assert.Equal("mixed", Named(collector, "recommend").Attributes.ToTexts()["recsys.surface"]);
        Assert.Equal(["recsys.filter", "recsys.outcome"], Named(collector, "filter").Attributes.Select(tag => tag.Key).Order());
        Assert.Contains("recsys.make_up.candidates", Named(collector, "make_up").Attributes.ToTexts().Keys);
    }

    [Fact]
    public async Task Trace_OfAFusedModel_HasItsSourcesAsEvents()
    {
        var world = new SmallWorld(items: 200, seed: 5);
        using var fusion = new SmallFusion(world);
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, change: _ => fusion.AddTo(world.Content())))
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" }, Traced);

        Dictionary<string, string>[] sources = [.. Named(collector, "fusion").Events.Select(one => one.Attributes.ToTexts())];
        Assert.All(Named(collector, "fusion").Events, one => Assert.Equal("source", one.Name));
        Assert.Equal(fusion.Model.Sources.Select(source => source.Kind).Order(), sources.Select(tags => tags["recsys.source"]).Order());
        Assert.All(sources, tags => Assert.Equal("ok", tags["recsys.outcome"]));
        Assert.All(sources, tags => Assert.InRange(double.Parse(tags["recsys.duration"], System.Globalization.CultureInfo.InvariantCulture), 0, 1));
    }

    [Fact]
    public async Task Trace_OfARanker_HasItsOutcomeAndItsRun()
    {
        var ranker = new SmallRanker(RunningServer.World.ItemCount);
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, change: ranker.AddTo))
            await server.Recommendations.RecommendAsync(new RecommendRequest { Surface = "ranked", RecentItemIds = { "item-3" }, Limit = 5 }, Traced);

        Span span = Named(collector, "ranker");
        Assert.Equal("ok", span.Attributes.ToTexts()["recsys.outcome"]);
        Dictionary<string, string>[] runs = [.. collector.Spans.Where(run => run.ParentSpanId == span.SpanId).Select(run => run.Attributes.ToTexts())];
        // All candidates at once; where the machine is busy, in turns.
        Assert.All(runs, run => Assert.Equal("ranker", run["tower"]));
        Assert.Equal(ToInt(span.Attributes.ToTexts()["recsys.ranker.candidates"]), runs.Sum(run => ToInt(run["recsys.tower.batch.rows"])));
    }

    [Fact]
    public async Task Trace_OfEvents_CountsWhatBecameOfThem()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector))
        {
            var twice = new Event { EventId = "e1", UserId = "eve", ItemId = "item-1", Type = EventType.Click };
            await new EventService.EventServiceClient(server.Channel).RecordEventsAsync(new RecordEventsRequest { Events = { twice, twice } }, Traced);
        }

        Assert.Equal($"recsys.v1.EventService/RecordEvents{Environment.NewLine}  record_events", SpanTree.Of(collector.Spans, TraceId));
        Dictionary<string, string> tags = Named(collector, "record_events").Attributes.ToTexts();
        Assert.Equal(("1", "1", "0", "0"), (tags["recsys.events.recorded"], tags["recsys.events.duplicates"], tags["recsys.events.refused"], tags["recsys.events.dropped"]));
        Assert.All(collector.Spans, span => Assert.DoesNotContain("eve", span.ToString().Replace("event", "", StringComparison.OrdinalIgnoreCase), StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Trace_OfARequestThatReadsRedis_HasClientSpansOfItsCommands()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, options =>
        {
            options.Redis.Configuration = redis.Address;
            options.Recommend.UserStateBudget = TimeSpan.FromSeconds(5);
        }))
        {
            await RedisWorld.UntilAsync(() => server.Http.GetStringAsync("/metrics").GetAwaiter().GetResult().Contains("\nrecsys_store_connected{otel_scope_name=\"Inference.Storage\"} 1", StringComparison.Ordinal));
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" }, Traced);
        }

        Span state = Named(collector, "user_state");
        Assert.Equal(new() { ["recsys.cache.level"] = "redis", ["recsys.outcome"] = "ok" }, state.Attributes.ToTexts());
        Span[] commands = [.. collector.Spans.Where(span => span.Kind == Span.Types.Kind.Client)];
        Assert.All(commands, command => Assert.Equal(TraceId, SpanTree.Hex(command.TraceId)));
        Span read = Assert.Single(commands, command => command.ParentSpanId == state.SpanId && command.Name == "mget");
        Assert.Equal(
            new() { ["db.system.name"] = "redis", ["db.operation.name"] = "mget", ["db.namespace"] = "0", ["server.address"] = "127.0.0.1", ["server.port"] = $"{redis.Port}", ["db.operation.batch.size"] = "3" },
            read.Attributes.ToTexts());
        Assert.InRange(read.EndTimeUnixNano, read.StartTimeUnixNano, state.EndTimeUnixNano);
        Span embedding = Named(collector, "embedding_cache");
        Assert.Equal(new() { ["recsys.cache.level"] = "redis", ["recsys.outcome"] = "miss" }, embedding.Attributes.ToTexts());
        Assert.Equal("mget", Assert.Single(commands, command => command.ParentSpanId == embedding.SpanId).Name);
        // What the server does of its own accord belongs to no request.
        Assert.All(commands, command => Assert.Contains(command.ParentSpanId, new[] { state.SpanId, embedding.SpanId }));
    }

    [SkippableFact]
    public async Task Trace_OfARequestWhileRedisIsSilent_SaysThatItWas()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (RunningServer server = await StartAsync(collector, options =>
        {
            options.Redis.Configuration = redis.Address;
            options.Redis.CommandTimeout = TimeSpan.FromMilliseconds(200);
            options.Recommend.UserStateBudget = TimeSpan.FromSeconds(5);
        }))
        {
            await RedisWorld.UntilAsync(() => server.Http.GetStringAsync("/metrics").GetAwaiter().GetResult().Contains("\nrecsys_store_connected{otel_scope_name=\"Inference.Storage\"} 1", StringComparison.Ordinal));
            redis.Freeze();
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann" }, Traced);
            redis.Thaw();
        }

        Span state = Named(collector, "user_state");
        Assert.Equal(2, state.Status.Code);
        Span command = collector.Spans.First(span => span.ParentSpanId == state.SpanId);
        Assert.Equal((2, "timeout"), (command.Status.Code, command.Attributes.ToTexts()["error.type"]));
        Assert.Contains(Named(collector, "recommend").Events, one => one.Attributes.ToTexts()["recsys.component"] == "user_state");
    }

    private Task<RunningServer> StartAsync(OtlpCollector collector, Action<InferenceOptions>? configure = null, Func<Inference.Towers.Bundles.BundleContent, Inference.Towers.Bundles.BundleContent>? change = null) => OtlpTests.StartAsync(
        collector, TelemetryOptions.Grpc, options =>
        {
            options.Surfaces.File = _surfaces;
            configure?.Invoke(options);
        },
        change);

    private static int ToInt(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static Span Named(OtlpCollector collector, string name) => Assert.Single(collector.Spans, span => span.Name == name);
}
