using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Events;
using Inference.Storage.Users;
using StackExchange.Redis;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>Two replicas on one Redis: what happens on one is known to the other, forgetting too, and an outage costs nothing that fits into the buffer.</summary>
public class ReplicaTests
{
    [SkippableFact]
    public async Task Click_OnOne_IsSeenOnTheOtherThatHoldsTheUser()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await using Replica b = await Replica.StartAsync(redis);
        Assert.Empty(await b.HistoryAsync(1));

        await a.RecordAsync(a.Event(1, "x"));

        // B believes what it holds for a minute, so it was told.
        await RedisWorld.UntilAsync(() => b.States.Held(Replica.User(1)) is { History: ["x"] });
        Assert.Equal(["x"], await b.HistoryAsync(1));
    }

    [SkippableFact]
    public async Task Message_ThatWasLost_IsMadeUpForWhenRedisComesBack()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica b = await Replica.StartAsync(redis);
        Assert.Empty(await b.HistoryAsync(1));
        int restored = b.World.Restored;

        redis.Freeze();
        await RedisWorld.UntilAsync(() => b.Redis.Status != Inference.Storage.Redis.RedisStatus.Connected || b.States.FindAsync(Replica.User(2), default).AsTask().GetAwaiter().GetResult().Failure == StoreFailure.Unavailable);
        Assert.Empty(await b.HistoryAsync(1));
        redis.Thaw();
        byte[] stored = InteractionCodec.EncodeAll([b.Event(1, "x").ToInteraction()]);
        await using Replica writer = await Replica.StartAsync(redis);
        await writer.Redis.RunAsync("set", database => database.StringSetAsync(writer.Redis.Keys.Interactions(RedisWorld.User(1)), stored));
        await RedisWorld.UntilAsync(() => b.World.Restored > restored);

        Assert.Equal(["x"], await b.HistoryAsync(1));
    }

    [SkippableFact]
    public async Task Forget_OnOne_ForgetsOnBoth_AndRefusesLateEvents()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await using Replica b = await Replica.StartAsync(redis);
        UserState bundled = new(Inference.Recommendations.Features.FeatureSet.None, ["old"]);
        a.States.ReplaceBundle([new(RedisWorld.User(1), bundled)]);
        b.States.ReplaceBundle([new(RedisWorld.User(1), bundled)]);
        await a.RecordAsync(a.Event(1, "x"));
        Assert.Equal(["old", "x"], await b.HistoryAsync(1));
        redis.Cli("SADD", "rs:spaces", "space");
        redis.Cli("SET", (string)a.Redis.Keys.Embedding("space", RedisWorld.User(1))!, "a vector");

        DateTimeOffset at = await a.Events.ForgetAsync(Replica.User(1), default);

        Assert.Empty(await a.HistoryAsync(1));
        await RedisWorld.UntilAsync(() => b.Forgotten.Count > 0);
        Assert.Null((await b.States.FindAsync(Replica.User(1), default)).State);
        Assert.Equal(new RecordedEvents(0, 0, 1, 0), await a.RecordAsync(a.Event(1, "late")));
        Assert.Equal(new RecordedEvents(0, 0, 1, 0), await b.RecordAsync(b.Event(1, "late")));
        Assert.Equal((string)a.Redis.Keys.Tombstone(RedisWorld.User(1))!, redis.Cli("KEYS", $"*{RedisWorld.User(1)}*"));
        Assert.Equal($"{at.ToUnixTimeMilliseconds()}", redis.Cli("GET", (string)a.Redis.Keys.Tombstone(RedisWorld.User(1))!));
        Assert.Contains("forget", redis.Cli("XREVRANGE", "rs:events", "+", "-", "COUNT", "1"), StringComparison.Ordinal);

        // One that was not there has only Redis to tell it.
        await using Replica c = await Replica.StartAsync(redis);
        c.States.ReplaceBundle([new(RedisWorld.User(1), bundled)]);
        Assert.Equal(new RecordedEvents(0, 0, 1, 0), await c.RecordAsync(c.Event(1, "late")));
        Assert.Equal((null, StoreFailure.None), ((await c.States.FindAsync(Replica.User(1), default)).State, StoreFailure.None));
        Assert.Empty(c.Counts("popularity"));
    }

    [SkippableFact]
    public async Task Forget_WhileTheSecretIsRotated_DeletesBoth()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await a.RecordAsync(a.Event(1, "x"));
        UserIdentity rotated = new(RedisWorld.User(101), RedisWorld.User(1));

        await a.Events.ForgetAsync(rotated, default);

        await using Replica b = await Replica.StartAsync(redis);
        Assert.Empty(await b.HistoryAsync(1));
        Assert.Empty(await b.HistoryAsync(rotated));
        Assert.Equal(1, (await b.RecordAsync(b.Event(1, "late"))).Refused);
        Assert.Equal(1, (await b.RecordAsync(new UserEvent("late", rotated, "y", InteractionType.Click, Replica.Start))).Refused);
    }

    [SkippableFact]
    public async Task Forget_OfATombstoneUnderTheFormerKey_HoldsUnderTheNewOne()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await a.Events.ForgetAsync(Replica.User(1), default);
        await using Replica b = await Replica.StartAsync(redis);
        UserIdentity rotated = new(RedisWorld.User(101), RedisWorld.User(1));

        Assert.Equal(1, (await b.RecordAsync(new UserEvent("late", rotated, "y", InteractionType.Click, Replica.Start))).Refused);
        Assert.Empty(await b.HistoryAsync(rotated));
    }

    [SkippableFact]
    public async Task Forget_WhenRedisIsDead_IsNotConfirmed_ButHoldsHere()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await a.RecordAsync(a.Event(1, "x"));
        redis.Kill();

        await Assert.ThrowsAsync<StoreException>(async () => await a.Events.ForgetAsync(Replica.User(1), default));

        Assert.Null(a.States.Held(Replica.User(1)));
        Assert.Equal(1, (await a.RecordAsync(a.Event(1, "late"))).Refused);
        await redis.StartAgainAsync();
        await RedisWorld.UntilAsync(() => a.Redis.Status == Inference.Storage.Redis.RedisStatus.Connected);
        await a.Events.ForgetAsync(Replica.User(1), default);
    }

    [SkippableFact]
    public async Task UserThatRedisRefuses_HoldsUpNobody_AndIsDroppedInTheEnd()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await a.RecordAsync(a.Event(1, "x"), a.Event(2, "x"));
        // Redis lets nobody touch this one user.
        redis.Cli("ACL", "SETUSER", "default", "resetkeys", "~rs:events", "~rs:c:*", "~rs:?:{" + RedisWorld.User(2) + "}");
        Task<RecordedEvents> refused = a.RecordAsync(a.Event(1, "refused", minute: 1));

        for (int i = 0; !refused.IsCompleted; i++)
            Assert.Equal(1, (await a.RecordAsync(a.Event(2, $"i{i}", minute: i))).Recorded);

        Assert.Equal(new RecordedEvents(0, 0, 0, 1), await refused);
        Assert.Equal(["x", "refused"], a.States.Held(Replica.User(1))!.History);
        // The other user's last events are told of as soon as they are on their way.
        await RedisWorld.UntilAsync(() => a.Events.Waiting == 0);
    }

    [SkippableFact]
    public async Task Cluster_HoldsUsersOnAllNodes_AndReplicasAgree()
    {
        using RedisCluster cluster = await RedisCluster.StartAsync();
        await using Replica a = await Replica.StartAsync(cluster.Nodes[0].Address);
        await using Replica b = await Replica.StartAsync(cluster.Nodes[1].Address);
        for (int user = 0; user < 30; user++)
            Assert.Empty(await b.HistoryAsync(user));

        RecordedEvents recorded = await a.RecordAsync([.. Enumerable.Range(0, 300).Select(i => a.Event(i % 30, $"i{i}", InteractionType.View, minute: i))]);

        Assert.Equal(new RecordedEvents(300, 0, 0, 0), recorded);
        // By asking: where a connection was lost meanwhile messages are, too, and then the store is read again.
        await RedisWorld.UntilAsync(async () =>
        {
            bool all = true;
            for (int user = 0; user < 30; user++)
                all &= (await b.HistoryAsync(user)).Length == 10;
            return all;
        });
        Assert.All(cluster.Nodes, node => Assert.NotEmpty(node.Cli("KEYS", "rs:u:*")));
        await a.Events.ForgetAsync(Replica.User(3), default);
        await using Replica c = await Replica.StartAsync(cluster.Nodes[2].Address);
        Assert.Empty(await c.HistoryAsync(3));
        Assert.Equal(["i4", "i34", "i64"], (await c.HistoryAsync(4))[..3]);
        UserIdentity rotated = new(RedisWorld.User(1_000), RedisWorld.User(5));
        Assert.Equal(["i5", "i35", "i65"], (await c.HistoryAsync(rotated))[..3]);
        await RedisWorld.UntilAsync(() => c.Counts("popularity").Count == 300);
    }

    [SkippableFact]
    public async Task Outage_IsBridgedByTheBuffer_ExactlyAsTheModelSays()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await using (Replica quick = await Replica.StartAsync(redis))
            await quick.RecordAsync(quick.Event(9, "warm"));
        redis.Kill();
        var model = new Dictionary<int, List<string>>();
        var random = new Random(5);
        for (int i = 0; i < 500; i++)
        {
            int user = random.Next(20);
            UserEvent item = a.Event(user, $"i{i}", minute: i);
            model.TryAdd(user, []);
            model[user].Add(item.ItemId);
            // Nobody waits for Redis here.
            ValueTask<RecordedEvents> recording = a.Events.RecordAsync(random.Next(10) == 0 ? [item, item] : [item], new CancellationToken(true));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await recording);
        }

        Assert.Equal(500, a.Events.Waiting);
        foreach ((int user, List<string> items) in model)
            Assert.Equal(items, a.States.Held(Replica.User(user))!.History);
        await redis.StartAgainAsync();
        await RedisWorld.UntilAsync(() => a.Events.Waiting == 0);

        await using Replica b = await Replica.StartAsync(redis);
        foreach ((int user, List<string> items) in model)
            Assert.Equal(items, await b.HistoryAsync(user));
        Assert.InRange(long.Parse(redis.Cli("XLEN", "rs:events")), 500, 5_000);
    }

    [SkippableFact]
    public async Task Buffer_ThatIsFull_CountsWhatItDrops_AndTheUserKeepsItHere()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis, options => options.EventBuffer = 100);
        redis.Kill();
        Assert.Equal(1, (await RecordSoonAsync(a, [a.Event(1, "first")])).Recorded);
        await RedisWorld.UntilAsync(() => a.Redis.Status != Inference.Storage.Redis.RedisStatus.Connected);
        // The outbox learns of the outage by its first failure; until then there is room for fair weather.
        await RedisWorld.UntilAsync(() => RecordSoonAsync(a, [a.Event(1, "probe")]).GetAwaiter().GetResult().Dropped == 1 || a.Events.Waiting >= 100);

        RecordedEvents recorded = await RecordSoonAsync(a, [.. Enumerable.Range(0, 200).Select(i => a.Event(2, $"i{i}", id: $"e{i}", minute: i))]);

        Assert.Equal(200, recorded.Recorded + recorded.Dropped);
        Assert.InRange(recorded.Dropped, 100, 200);
        Assert.Equal(200, a.States.Held(Replica.User(2))!.History.Count);
        Assert.True(a.World.Counts["recsys.events.dropped"] >= recorded.Dropped);
        await redis.StartAgainAsync();
        await RedisWorld.UntilAsync(() => a.Events.Waiting == 0);

        // What was dropped may be sent again, and what was not is known.
        RecordedEvents again = await a.RecordAsync([.. Enumerable.Range(0, 200).Select(i => a.Event(2, $"i{i}", id: $"e{i}", minute: i))]);
        Assert.Equal(new RecordedEvents(recorded.Dropped, recorded.Recorded, 0, 0), again);
    }

    [SkippableFact]
    public async Task Close_BringsTheRest_AndDropsWhatCannotBeBrought()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        Replica a = await Replica.StartAsync(redis);
        ValueTask<RecordedEvents> recording = a.Events.RecordAsync([.. Enumerable.Range(0, 1_000).Select(i => a.Event(i % 50, $"i{i}", minute: i))], default);
        await a.Events.CloseAsync(default);
        Assert.Equal(1_000, (await recording).Recorded);
        Assert.Equal("1000", redis.Cli("XLEN", "rs:events"));
        await a.DisposeAsync();

        Replica b = await Replica.StartAsync(redis);
        redis.Kill();
        await RecordSoonAsync(b, [b.Event(1, "x")]);
        await b.Events.CloseAsync(new CancellationToken(true));
        Assert.Equal(1, b.World.Counts["recsys.events.dropped"]);
        await b.DisposeAsync();
    }

    [SkippableFact]
    public async Task RedisThatFreezes_GetsEveryEvent_AndTheUserEachOnce()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await using Replica b = await Replica.StartAsync(redis);
        int recorded = 0;
        for (int round = 0; round < 3; round++)
        {
            // So that commands of all kinds are under way when it stops.
            Task<RecordedEvents>[] recording = [.. Enumerable.Range(0, 40).Select(i => a.RecordAsync([.. Enumerable.Range(0, 25).Select(j => a.Event(i % 4, $"i{round}-{i}-{j}", minute: round))]))];
            redis.Freeze();
            await RedisWorld.UntilAsync(() => a.World.Counts.ContainsKey("recsys.store.failures timeout") || recording.All(task => task.IsCompleted));
            redis.Thaw();
            await RedisWorld.UntilAsync(() => a.Events.Waiting == 0);
            recorded += (await Task.WhenAll(recording)).Sum(counts => counts.Recorded);
        }

        Assert.Equal(3_000, recorded);
        Assert.InRange(long.Parse(redis.Cli("XLEN", "rs:events")), 3_000, 9_000);
        await using Replica c = await Replica.StartAsync(redis);
        for (int user = 0; user < 4; user++)
        {
            string[] history = await c.HistoryAsync(user);
            Assert.Equal(200, history.Distinct().Count());
            Assert.Equal(history, a.States.Held(Replica.User(user))!.History);
        }
    }

    [SkippableFact]
    public async Task RedisThatIsFull_IsTriedUntilThereIsRoom()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        redis.Cli("CONFIG", "SET", "maxmemory", "1");

        await RecordSoonAsync(a, [a.Event(1, "x")]);
        await RedisWorld.UntilAsync(() => a.World.Counts.GetValueOrDefault("recsys.store.failures refused") >= 2);
        Assert.Equal(1, a.Events.Waiting);
        redis.Cli("CONFIG", "SET", "maxmemory", "0");

        await RedisWorld.UntilAsync(() => a.Events.Waiting == 0);
        await using Replica b = await Replica.StartAsync(redis);
        Assert.Equal(["x"], await b.HistoryAsync(1));
    }

    /// <summary>Records and takes what is known at once: no test waits for a Redis that is dead.</summary>
    private static async Task<RecordedEvents> RecordSoonAsync(Replica replica, UserEvent[] events) => await replica.Events.RecordAsync(events, TimeSpan.FromMilliseconds(1), default);
}
