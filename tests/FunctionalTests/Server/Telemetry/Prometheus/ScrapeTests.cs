using System.Text.Json;
using FunctionalTests.Storage;
using Grpc.Core;
using Inference.Server.Options;
using Recsys.V1;
using UnitTests.Testing;
using Xunit;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>A real Prometheus scrapes a server that has answered real traffic, loads the shipped rules, and evaluates everything that dashboards and rules ask.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class ScrapeTests : IDisposable
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    private readonly string _folder = Directory.CreateTempSubdirectory("scrape-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Prometheus_OfAServerInUse_AnswersEveryQueryOfDashboardsAndRules()
    {
        PrometheusRequirement.Find("prometheus");
        using RedisProcess? redis = await RedisOrNoneAsync();
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using RunningServer server = await OtlpTests.StartAsync(collector, TelemetryOptions.Grpc, options => Configure(options, redis), CatalogueBundle.Of);
        await using PrometheusProcess prometheus = await PrometheusProcess.StartAsync(new Uri(server.Host.HttpAddress).Authority, Repository.PathOf("deploy/prometheus/rules.yml"));
        await UseAsync(server);
        // Rates are of what happens between two scrapes, so some of it happens after the first.
        await prometheus.UntilAsync(async () => (await prometheus.QueryAsync("recsys_events_recorded_total")).Length > 0);
        await UseAsync(server);
        await prometheus.UntilAsync(async () => (await prometheus.QueryAsync("sum(rate(recsys_events_recorded_total[1m])) > 0 and sum(rate(recsys_recall_checks_total[1m])) > 0")).Length > 0);

        // The scrape is in the format that has exemplars, and nothing of it was refused.
        JsonElement target = Assert.Single((await prometheus.AskAsync("/api/v1/targets")).GetProperty("activeTargets").EnumerateArray());
        Assert.Equal(("up", ""), (target.GetProperty("health").GetString(), target.GetProperty("lastError").GetString()));
        string exemplars = (await prometheus.AskAsync("/api/v1/query_exemplars", ("query", "rpc_server_call_duration_seconds_bucket"), ("start", "0"), ("end", "9999999999"))).ToString();
        Assert.Contains(TraceId, exemplars, StringComparison.Ordinal);

        await AssertRulesAsync(prometheus);
        int answered = 0;
        foreach ((string place, string expression) in ShippedQueries.Panels)
        {
            var query = new PromExpression(expression);
            bool hasData = true;
            foreach (PromExpression.Selector selector in query.Selectors)
                hasData &= (await prometheus.QueryAsync($"count(present_over_time({selector}[1m]))")).Length > 0;
            JsonElement[] series = await prometheus.QueryAsync(query.Text);
            // A series that has just begun has no rate before its second sample.
            if (hasData && series.Length == 0)
                await prometheus.UntilAsync(async () => (series = await prometheus.QueryAsync(query.Text)).Length > 0, $"{place} shows nothing although there is data: {query.Text}");
            answered += series.Length > 0 ? 1 : 0;
        }

        // What has not happened, such as failures, shows nothing; that it could is QueryTests' affair.
        Assert.True(answered >= (redis is null ? 70 : 85), $"Only {answered} of {ShippedQueries.Panels.Count} queries show anything.");
        MetricsTests.AssertDocumented(await server.Http.GetStringAsync("/metrics"));
    }

    private static async Task<RedisProcess?> RedisOrNoneAsync()
    {
        try
        {
            return await RedisProcess.StartAsync();
        }
        catch (SkipException)
        {
            return null;
        }
    }

    private static async Task AssertRulesAsync(PrometheusProcess prometheus)
    {
        JsonElement[] rules = [];
        await prometheus.UntilAsync(async () =>
        {
            rules = [.. (await prometheus.AskAsync("/api/v1/rules")).GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())];
            return rules.All(rule => rule.GetProperty("health").GetString() != "unknown");
        });
        Assert.Equal(ShippedQueries.Rules.Select(rule => rule.Name).Order(), rules.Select(rule => rule.GetProperty("name").GetString()!).Order());
        Assert.All(rules, rule => Assert.True(rule.GetProperty("health").GetString() == "ok", rule.ToString()));
        // Objectives are recorded from the first calls on, failures or not.
        foreach (string recorded in (string[])["job:recsys_errors:ratio_rate5m", "job:recsys_slow:ratio_rate5m", "job:recsys_errors:ratio_rate3d"])
            await prometheus.UntilAsync(async () => (await prometheus.QueryAsync(recorded)).Length == 1);
    }

    private void Configure(InferenceOptions options, RedisProcess? redis)
    {
        string surfaces = Path.Combine(_folder, "surfaces.json");
        File.WriteAllText(surfaces, """{ "surfaces": { "mixed": { "retrievers": ["towers", "recent_items", "popularity"], "fusion": "reciprocal_rank", "slate": { "diversity": 0.5 } } } }""");
        options.Surfaces.File = surfaces;
        options.Decisions.Folder = Path.Combine(_folder, "decisions");
        options.Decisions.Share = 1;
        options.Recall.Share = 1;
        options.Recall.ProcessorShare = 1;
        if (redis is null)
            return;
        options.Redis.Configuration = redis.Address;
        options.Recommend.UserStateBudget = TimeSpan.FromSeconds(5);
    }

    /// <summary>Known and unknown users, a surface, a filter, events, an error, a traced call, JSON, changes of items.</summary>
    private static async Task UseAsync(RunningServer server)
    {
        RecommendationService.RecommendationServiceClient client = server.Recommendations;
        var events = new EventService.EventServiceClient(server.Channel);
        var catalogue = new CatalogService.CatalogServiceClient(server.Channel);
        for (int i = 0; i < 4; i++)
        {
            await client.RecommendAsync(new RecommendRequest { UserId = "ann" }, new Metadata { { "traceparent", $"00-{TraceId}-b7ad6b7169203331-01" } });
            RecommendResponse unseen = await client.RecommendAsync(new RecommendRequest { UserId = $"unseen-{i}", Context = { ["country"] = new() { StringValue = "France" } } });
            await client.RecommendAsync(new RecommendRequest { UserId = "ann", Surface = "mixed", RecentItemIds = { "item-3", "unknown" } });
            await client.RecommendAsync(new RecommendRequest { RecentItemIds = { "item-5" }, Filter = $"sizes >= {10 + i}" });
            await client.SimilarItemsAsync(new SimilarItemsRequest { ItemIds = { "item-7" } });
            await events.RecordEventsAsync(new RecordEventsRequest { Events = { new Event { UserId = $"unseen-{i}", ItemId = unseen.Items[0].ItemId, Type = EventType.Click, RequestId = unseen.RequestId, Slot = 1 } } });
            await RunningServer.FailAsync(client.RecommendAsync(new RecommendRequest { Limit = -1 }));
            await catalogue.UpsertItemsAsync(new() { Items = { CatalogueBundle.New($"new-{i}", "item-3") } });
            (await server.Http.PostAsync("/v1/recommend", new StringContent("{}", null, "application/json"))).EnsureSuccessStatusCode();
        }

        await events.ForgetUserAsync(new ForgetUserRequest { UserId = "unseen-0" });
    }
}
