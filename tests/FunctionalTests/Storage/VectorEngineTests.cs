using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Storage.VectorSets;
using Inference.Towers.Bundles;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>Item embeddings in vector sets: brought once, found by every metric, never of two versions.</summary>
[SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "Each is awaited once.")]
public sealed class VectorEngineTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SmallWorld _world = new(items: 200, seed: 3);
    private readonly List<string> _folders = [];

    public static TheoryData<string, Metric> KindsAndMetrics
    {
        get
        {
            var all = new TheoryData<string, Metric>();
            foreach (string kind in (string[])["peer", "real"])
            {
                foreach (Metric metric in Enum.GetValues<Metric>())
                    all.Add(kind, metric);
            }

            return all;
        }
    }

    public void Dispose()
    {
        foreach (string folder in _folders)
            Directory.Delete(folder, recursive: true);
    }

    [SkippableTheory]
    [MemberData(nameof(KindsAndMetrics))]
    public async Task Search_OfWhatWasPushed_FindsTheNearestByTheMetric(string kind, Metric metric)
    {
        await using VectorServer server = await VectorServer.StartAsync(kind);
        await using RedisWorld redis = await RedisWorld.ConnectedAsync(server.Address);
        using Snapshot snapshot = await LoadAsync(content => content with { Metric = metric, Golden = null });

        VectorPushReport report = await PushAsync(redis, snapshot, new VectorPushSettings { Shards = 3, Quantization = VectorQuantization.None });
        var engine = new RedisVectorEngine(redis.Connection, new VectorEngineOptions(), TimeProvider.System, NullLogger<RedisVectorEngine>.Instance);

        Assert.Equal(200, report.Added);
        Assert.Equal(3, server.Keys().Length);
        for (int country = 1; country <= 3; country++)
        {
            float[] user = _world.Embed(country, 3, 8);
            var expected = new Neighbor[20];
            snapshot.Index.SearchExact(user, expected);
            EngineAnswer answer = await engine.SearchAsync(Query(snapshot, user, 20), CancellationToken.None);
            Assert.Equal(expected.Select(item => snapshot.Items.IdOf(item.Row)), answer.ItemIds);
            Assert.Equal((3, 0), (answer.Shards, answer.Missing));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(VectorServer.Kinds), MemberType = typeof(VectorServer))]
    public async Task Push_Again_SendsNothing_AndOfOtherVectorsReplacesAllAtOnce(string kind)
    {
        await using VectorServer server = await VectorServer.StartAsync(kind);
        await using RedisWorld redis = await RedisWorld.ConnectedAsync(server.Address);
        using Snapshot snapshot = await LoadAsync();
        using Snapshot fewer = await LoadAsync(content => content with { Items = [.. content.Items.Take(150)], Golden = null, Users = [] });
        Assert.Equal(snapshot.Model.EmbeddingSpaceId, fewer.Model.EmbeddingSpaceId);
        var settings = new VectorPushSettings { Shards = 2 };
        var engine = new RedisVectorEngine(redis.Connection, new VectorEngineOptions { Refresh = TimeSpan.FromHours(1) }, TimeProvider.System, NullLogger<RedisVectorEngine>.Instance);

        VectorPushReport first = await PushAsync(redis, snapshot, settings);
        string[] keys = server.Keys();
        VectorPushReport second = await PushAsync(redis, snapshot, settings);
        EngineAnswer before = await engine.SearchAsync(Query(snapshot, _world.Embed(1, 3), 200), CancellationToken.None);
        VectorPushReport third = await PushAsync(redis, fewer, settings);
        // What the engine knows of the sets is an hour old now: they are gone, so it looks again.
        EngineAnswer after = await engine.SearchAsync(Query(snapshot, _world.Embed(1, 3), 200), CancellationToken.None);

        Assert.Equal((200, 0, 150), (first.Added, second.Added, third.Added));
        Assert.Equal(first.Space.Generation, second.Space.Generation);
        Assert.NotEqual(first.Space.Generation, third.Space.Generation);
        Assert.Empty(server.Keys().Intersect(keys));
        Assert.Equal(2, server.Keys().Length);
        Assert.Equal((200, 150), (before.ItemIds.Count, after.ItemIds.Count));
    }

    [SkippableFact]
    public async Task Push_ThatIsBrokenOff_LeavesWhatIsServed_AndItsRestGoesWithTheNext()
    {
        await using VectorServer server = await VectorServer.StartAsync();
        await using RedisWorld redis = await RedisWorld.ConnectedAsync(server.Address);
        using Snapshot snapshot = await LoadAsync();
        using Snapshot fewer = await LoadAsync(content => content with { Items = [.. content.Items.Take(150)], Golden = null, Users = [] });
        using Snapshot fewest = await LoadAsync(content => content with { Items = [.. content.Items.Take(100)], Golden = null, Users = [] });
        string space = snapshot.Model.EmbeddingSpaceId;
        var settings = new VectorPushSettings { Window = 1 };
        VectorPushReport first = await PushAsync(redis, snapshot, settings);
        using var stop = new CancellationTokenSource();
        server.Peer!.Adding = elements =>
        {
            if (elements >= 250)
                stop.Cancel();
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new VectorSetPush(redis.Connection, TimeProvider.System).RunAsync(fewer, settings, null, stop.Token));
        server.Peer.Adding = null;
        var spaces = await new VectorSetPush(redis.Connection, TimeProvider.System).ListAsync();
        Assert.Equal(first.Space.Generation, spaces[space].Generation);
        Assert.Equal(2, server.Keys().Length);
        VectorPushReport last = await PushAsync(redis, fewest, settings);

        Assert.Contains(last.Space.Generation, Assert.Single(server.Keys()), StringComparison.Ordinal);
        Assert.Equal(100, server.Peer.Elements);
    }

    [SkippableTheory]
    [MemberData(nameof(VectorServer.Kinds), MemberType = typeof(VectorServer))]
    public async Task Push_OfAnotherSpace_KeepsTheLatestAndDeletesOlderOnes(string kind)
    {
        await using VectorServer server = await VectorServer.StartAsync(kind);
        await using RedisWorld redis = await RedisWorld.ConnectedAsync(server.Address);
        var names = new List<string>();
        var reports = new List<VectorPushReport>();
        for (int seed = 1; seed <= 3; seed++)
        {
            var world = new SmallWorld(items: 30, seed);
            using Snapshot snapshot = await LoadAsync(_ => world.Content());
            names.Add(snapshot.Model.EmbeddingSpaceId);
            reports.Add(await PushAsync(redis, snapshot, new VectorPushSettings { Keep = 2 }));
        }

        Assert.Equal(3, names.Distinct().Count());
        Assert.Empty(reports[1].Removed);
        Assert.Equal([names[0]], reports[2].Removed);
        Assert.Equal(names.Skip(1).Order(StringComparer.Ordinal), (await new VectorSetPush(redis.Connection, TimeProvider.System).ListAsync()).Keys);
        Assert.Equal(2, server.Keys().Length);
    }

    [SkippableTheory]
    [MemberData(nameof(VectorServer.Kinds), MemberType = typeof(VectorServer))]
    public async Task Search_WithAFilter_LetsTheEngineDoWhatItCan(string kind)
    {
        await using VectorServer server = await VectorServer.StartAsync(kind);
        await using RedisWorld redis = await RedisWorld.ConnectedAsync(server.Address);
        using Snapshot snapshot = await LoadAsync(Coloured);
        await PushAsync(redis, snapshot, new VectorPushSettings { Attributes = ["colour", "size"], Quantization = VectorQuantization.None });
        var engine = new RedisVectorEngine(redis.Connection, new VectorEngineOptions { SearchWidth = 1000 }, TimeProvider.System, NullLogger<RedisVectorEngine>.Instance);
        Assert.True(ItemFilter.TryParse("""colour in ["red", "blue"] and size >= 3 and not name = "x" and weight > 5""", out ItemFilter? filter, out _));

        EngineAnswer answer = await engine.SearchAsync(Query(snapshot, _world.Embed(1, 3), 200) with { Filter = filter }, CancellationToken.None);

        // 200 items, two of four colours, sizes 3 and 4 of 0 to 4.
        Assert.Equal(Enumerable.Range(0, 200).Where(row => row % 4 is 0 or 2 && row % 5 >= 3).Select(SmallWorld.IdOf).Order(StringComparer.Ordinal), answer.ItemIds.Order(StringComparer.Ordinal));
        if (server.Peer is { } peer)
            Assert.Equal([""".colour in ["red", "blue"] and .size >= 3"""], peer.Filters);
    }

    [SkippableFact]
    public async Task Search_WhereAShardFails_AnswersByTheOthersAndSaysSo_AndWhereAllFailThrows()
    {
        await using VectorServer server = await VectorServer.StartAsync();
        await using RedisWorld redis = await RedisWorld.ConnectedAsync(server.Address);
        using Snapshot snapshot = await LoadAsync();
        await PushAsync(redis, snapshot, new VectorPushSettings { Shards = 4 });
        var engine = new RedisVectorEngine(redis.Connection, new VectorEngineOptions(), TimeProvider.System, NullLogger<RedisVectorEngine>.Instance);
        EngineQuery query = Query(snapshot, _world.Embed(1, 3), 200);

        server.Peer!.Fails = key => key.EndsWith("/2}", StringComparison.Ordinal);
        EngineAnswer some = await engine.SearchAsync(query, CancellationToken.None);
        server.Peer.Fails = _ => true;
        var thrown = await Assert.ThrowsAsync<StoreException>(async () => await engine.SearchAsync(query, CancellationToken.None));

        Assert.Equal((4, 1), (some.Shards, some.Missing));
        Assert.InRange(some.ItemIds.Count, 100, 199);
        Assert.Equal(StoreFailure.Refused, thrown.Failure);
    }

    [SkippableFact]
    public async Task Keys_OfShards_SpreadOverACluster()
    {
        using RedisCluster cluster = await RedisCluster.StartAsync();
        var keys = new Inference.Storage.Redis.RedisKeys("rs");

        int[] owners = [.. Enumerable.Range(0, 12).Select(shard => cluster.OwnerOf(keys.Vectors("space-1", "0123456789abcdef", shard)!).Port)];

        Assert.Equal(3, owners.Distinct().Count());
    }

    [SkippableFact]
    public async Task Push_ToARedisWithoutVectorSets_SaysWhichHasThem()
    {
        using RedisProcess old = await RedisProcess.StartAsync();
        Skip.If(old.Cli("COMMAND", "INFO", "VSIM").Contains("vsim", StringComparison.OrdinalIgnoreCase), "This redis-server has vector sets.");
        await using RedisWorld redis = await RedisWorld.ConnectedAsync(old.Address);
        using Snapshot snapshot = await LoadAsync();

        var thrown = await Assert.ThrowsAsync<StoreException>(() => PushAsync(redis, snapshot, new VectorPushSettings()));

        Assert.Contains("has no vector sets: Redis 8 or later has.", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(old.Cli("KEYS", "*"));
    }

    internal static BundleContent Coloured(BundleContent content) => content with
    {
        Items =
        [
            .. content.Items.Select((item, row) => item with
            {
                Attributes = SmallWorld.Features(
                    ("colour", Inference.Recommendations.Features.FeatureValue.Of(new[] { "red", "green", "blue", "grey" }[row % 4])),
                    ("size", Inference.Recommendations.Features.FeatureValue.Of((long)(row % 5))),
                    ("weight", Inference.Recommendations.Features.FeatureValue.Of(row + 0.5))),
            }),
        ],
    };

    private static EngineQuery Query(Snapshot snapshot, float[] user, int count) =>
        new(snapshot.Model.EmbeddingSpaceId, snapshot.Model.Metric, user, count, null, Patience);

    private static Task<VectorPushReport> PushAsync(RedisWorld redis, Snapshot snapshot, VectorPushSettings settings) =>
        new VectorSetPush(redis.Connection, TimeProvider.System).RunAsync(snapshot, settings, null, CancellationToken.None);

    private async Task<Snapshot> LoadAsync(Func<BundleContent, BundleContent>? change = null)
    {
        string folder = Directory.CreateTempSubdirectory("vectors-").FullName;
        _folders.Add(folder);
        string bundle = Path.Combine(folder, "small", "1");
        await BundleWriter.WriteAsync(bundle, change?.Invoke(_world.Content()) ?? _world.Content());
        return (await SmallWorld.LoadAsync(bundle)).Snapshot;
    }
}
