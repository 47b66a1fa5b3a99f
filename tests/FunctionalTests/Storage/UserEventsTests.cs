using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Users;
using StackExchange.Redis;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>Events and users of one replica on a real Redis.</summary>
public class UserEventsTests
{
    [SkippableFact]
    public async Task Record_OfAUser_IsInRedisAndComesBackToAnEmptyMemory()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using (Replica first = await Replica.StartAsync(redis))
        {
            Assert.Equal(new RecordedEvents(3, 0, 0, 0), await first.RecordAsync(first.Event(1, "a", minute: 1), first.Event(1, "c", InteractionType.Purchase, minute: 3), first.Event(1, "b", InteractionType.Skip, minute: 2)));
        }

        await using Replica second = await Replica.StartAsync(redis);
        UserLookup found = await second.States.FindAsync(Replica.User(1), CancellationToken.None);

        Assert.Equal(StoreFailure.None, found.Failure);
        Assert.Equal(["a", "b", "c"], found.State!.Interactions.Select(item => item.ItemId));
        Assert.Equal(["a", "c"], found.State.History);
        Assert.Equal(InteractionType.Purchase, found.State.Interactions[2].Type);
        Assert.InRange(long.Parse(redis.Cli("PTTL", (string)second.Redis.Keys.Interactions(Replica.User(1).Key)!)), 1, (long)second.Options.UserTimeToLive.TotalMilliseconds);
    }

    [SkippableFact]
    public async Task Record_OfTheSameIdTwice_CountsOnce_AlsoAcrossReplicas()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await using Replica b = await Replica.StartAsync(redis);
        UserEvent once = a.Event(1, "x", id: "same");

        RecordedEvents[] recorded = await Task.WhenAll(a.RecordAsync(once), b.RecordAsync(once), a.RecordAsync(once, once));

        Assert.Equal(1, recorded.Sum(counts => counts.Recorded));
        Assert.Equal(3, recorded.Sum(counts => counts.Duplicates));
        Assert.Equal(["x"], await a.HistoryAsync(1));
        Assert.Equal(["x"], await b.HistoryAsync(1));
    }

    [SkippableFact]
    public async Task Popularity_OfADuplicateAcrossReplicas_IsCountedOnce()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis);
        await using Replica b = await Replica.StartAsync(redis);
        UserEvent once = a.Event(1, "x", InteractionType.View, "same");

        await Task.WhenAll(a.RecordAsync(once), b.RecordAsync(once));
        await a.RecordAsync(a.Event(2, "x", InteractionType.Purchase));

        await RedisWorld.UntilAsync(() => Near(9, a.Popularity("x")) && Near(9, b.Popularity("x")));
        string key = redis.Cli("KEYS", "rs:c:popularity:*");
        await RedisWorld.UntilAsync(() => (key = redis.Cli("KEYS", "rs:c:popularity:*")).Length > 0 && redis.Cli("HGET", key, "x") == "9");

        static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 0.9;
    }

    [SkippableFact]
    public async Task Record_OfAnonymousSessions_IsInTheStreamAndCountsForPopularityAlone()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);

        Assert.Equal(new RecordedEvents(1, 1, 0, 0), await replica.RecordAsync(replica.Event(-1, "x", id: "n"), replica.Event(-1, "x", id: "n")));

        Assert.Equal("1", redis.Cli("XLEN", "rs:events"));
        Assert.Equal("", redis.Cli("KEYS", "rs:u:*"));
        Assert.InRange(replica.Popularity("x"), 1, 2);
    }

    [SkippableFact]
    public async Task Stream_HoldsTheFieldsOfEvents_InOrder_AndNoIdOfAUser()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);

        await replica.RecordAsync([.. Enumerable.Range(0, 600).Select(i => replica.Event(1, $"i{i}", minute: i))]);

        StreamRow[] rows = await RowsAsync(replica);
        Assert.Equal(Enumerable.Range(0, 600).Select(i => $"i{i}"), rows.Select(row => row["item"]));
        Assert.Equal(RedisWorld.User(1).ToString(), rows[0]["user"]);
        Assert.Equal((Replica.Start + TimeSpan.FromSeconds(7)).ToUnixTimeMilliseconds().ToString(), rows[7]["time"]);
        Assert.Equal("2", rows[0]["type"]);
    }

    [SkippableFact]
    public async Task History_IsCutToTheLatestByTime_WhateverTheOrderOfArrival()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica a = await Replica.StartAsync(redis, options => options.MaxHistory = 20);
        await using Replica b = await Replica.StartAsync(redis, options => options.MaxHistory = 20);
        var random = new Random(11);
        int[] minutes = [.. Enumerable.Range(0, 200)];
        random.Shuffle(minutes);

        foreach (int[] part in minutes.Chunk(7))
            await (random.Next(2) == 0 ? a : b).RecordAsync([.. part.Select(minute => a.Event(1, $"i{minute}", minute: minute))]);

        string[] expected = [.. Enumerable.Range(180, 20).Select(i => $"i{i}")];
        await using Replica c = await Replica.StartAsync(redis, options => options.MaxHistory = 20);
        Assert.Equal(expected, await c.HistoryAsync(1));
        await RedisWorld.UntilAsync(() => expected.SequenceEqual(a.HistoryAsync(1).GetAwaiter().GetResult()));
        Assert.Equal((await c.States.FindAsync(Replica.User(1), default)).State!.Stamp, (await a.States.FindAsync(Replica.User(1), default)).State!.Stamp);
        Assert.InRange((await a.Redis.RunAsync("get", database => database.StringLengthAsync(a.Redis.Keys.Interactions(RedisWorld.User(1))))), 1, 8 + (26 * 40));
    }

    [SkippableFact]
    public async Task Record_OverDamage_RepairsIt()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        RedisKey key = replica.Redis.Keys.Interactions(RedisWorld.User(1));
        await replica.RecordAsync(replica.Event(1, "lost"));
        await using Replica reader = await Replica.StartAsync(redis);
        byte[] bytes = (await reader.Redis.GetAsync(key))!;
        bytes[20] ^= 1;
        await reader.Redis.RunAsync("set", database => database.StringSetAsync(key, bytes));

        UserLookup found = await reader.States.FindAsync(Replica.User(1), default);
        Assert.Equal((null, StoreFailure.None), (found.State, found.Failure));
        Assert.Equal(1, reader.World.Counts["recsys.store.failures corrupt"]);
        await reader.RecordAsync(reader.Event(1, "kept"));

        await using Replica third = await Replica.StartAsync(redis);
        Assert.Equal(["kept"], await third.HistoryAsync(1));
        Assert.False(third.World.Counts.ContainsKey("recsys.store.failures corrupt"));
    }

    [SkippableFact]
    public async Task Record_OverGarbageAndOtherTypes_ReplacesThem()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        redis.Cli("SET", (string)replica.Redis.Keys.Interactions(RedisWorld.User(1))!, "garbage of somebody");
        redis.Cli("SADD", (string)replica.Redis.Keys.Interactions(RedisWorld.User(2))!, "a set");
        redis.Cli("SET", (string)replica.Redis.Keys.EventKeys(RedisWorld.User(2))!, "a string");
        redis.Cli("SET", "rs:events", "a string");
        redis.Cli("SET", (string)replica.Redis.Keys.Features(RedisWorld.User(3))!, "{broken");

        Assert.Empty(await replica.HistoryAsync(1));
        Assert.Empty(await replica.HistoryAsync(2));
        Assert.Empty(await replica.HistoryAsync(3));
        Assert.Equal(new RecordedEvents(2, 0, 0, 0), await replica.RecordAsync(replica.Event(1, "x"), replica.Event(2, "y")));

        await using Replica second = await Replica.StartAsync(redis);
        Assert.Equal(["x"], await second.HistoryAsync(1));
        Assert.Equal(["y"], await second.HistoryAsync(2));
        Assert.Equal("2", redis.Cli("XLEN", "rs:events"));
    }

    [SkippableFact]
    public async Task Features_ThatSomebodyStored_AreOverTheBundles()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        replica.States.ReplaceBundle([new(RedisWorld.User(1), new UserState(new Dictionary<string, Inference.Recommendations.Features.FeatureValue> { ["age"] = Inference.Recommendations.Features.FeatureValue.Of(30), ["city"] = Inference.Recommendations.Features.FeatureValue.Of("Rome") }, ["old"]))]);
        redis.Cli("SET", (string)replica.Redis.Keys.Features(RedisWorld.User(1))!, """{"city": "Oslo", "tags": ["a", "b"]}""");

        UserState state = (await replica.States.FindAsync(Replica.User(1), default)).State!;

        Assert.Equal("Oslo", state.Features["city"].Text);
        Assert.Equal(30, state.Features["age"].Integer);
        Assert.Equal(["a", "b"], state.Features["tags"].TextList);
        Assert.Equal(["old"], state.History);
    }

    [SkippableFact]
    public async Task Find_OfAnUnseenUser_ReadsRedisOnce()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        redis.Cli("CONFIG", "RESETSTAT");

        for (int i = 0; i < 100; i++)
            Assert.Null((await replica.States.FindAsync(Replica.User(1), default)).State);

        Assert.Contains("cmdstat_mget:calls=1,", redis.Cli("INFO", "commandstats"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Find_AfterTheRotationOfTheSecret_MovesWhatWasKept()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        await replica.RecordAsync(replica.Event(1, "a", minute: 1), replica.Event(2, "b", minute: 1, id: "known"));
        redis.Cli("SET", (string)replica.Redis.Keys.Features(RedisWorld.User(1))!, """{"city": "Oslo"}""", "PX", "5000000");
        await using Replica rotated = await Replica.StartAsync(redis);
        UserIdentity one = new(RedisWorld.User(101), RedisWorld.User(1)), two = new(RedisWorld.User(102), RedisWorld.User(2));

        UserState state = (await rotated.States.FindAsync(one, default)).State!;
        Assert.Equal(["a"], state.History);
        Assert.Equal("Oslo", state.Features["city"].Text);
        Assert.Equal("0", redis.Cli("EXISTS", (string)replica.Redis.Keys.Interactions(one.Former)!, (string)replica.Redis.Keys.Features(one.Former)!, (string)replica.Redis.Keys.EventKeys(one.Former)!));
        Assert.InRange(long.Parse(redis.Cli("PTTL", (string)replica.Redis.Keys.Features(one.Key)!)), 1, 5_000_000);

        // An event that comes before anybody asks moves the user too, with the events that are known.
        RecordedEvents recorded = await rotated.RecordAsync(
            new UserEvent("known", two, "b", InteractionType.Click, Replica.Start), new UserEvent("new", two, "c", InteractionType.Click, Replica.Start + TimeSpan.FromMinutes(2)));
        Assert.Equal(new RecordedEvents(1, 1, 0, 0), recorded);
        Assert.Equal(["b", "c"], await rotated.HistoryAsync(two));
    }

    [SkippableFact]
    public async Task Scripts_SurviveThatRedisForgetsThem()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        await replica.RecordAsync(replica.Event(1, "a", minute: 1));

        redis.Cli("SCRIPT", "FLUSH");

        Assert.Equal(1, (await replica.RecordAsync(replica.Event(1, "b", minute: 2))).Recorded);
    }

    private static async Task<StreamRow[]> RowsAsync(Replica replica)
    {
        var entries = (RedisResult[])(await replica.Redis.RunAsync("xrange", database => database.ExecuteAsync("XRANGE", replica.Redis.Keys.Events, "-", "+")))!;
        return [.. entries.Select(entry => new StreamRow((string[])((RedisResult[])entry!)[1]!))];
    }

    private sealed class StreamRow(string[] fields)
    {
        public string this[string name] => fields[Array.IndexOf(fields, name) + 1];
    }
}
