using System.Diagnostics;
using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using StackExchange.Redis;
using Xunit;
using Xunit.Abstractions;

namespace FunctionalTests.Storage;

/// <summary>The connection against a real redis-server that does what Redis does in bad nights.</summary>
public class RedisConnectionTests(ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Get_OfWhatWasSet_ReturnsIt()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address);
        RedisKey key = world.Connection.Keys.Features(RedisWorld.User(1));

        Assert.True((await world.Connection.GetAsync(key)).IsNull);
        Assert.True(await world.Connection.RunAsync("set", database => database.StringSetAsync(key, "one")));
        Assert.Equal("one", await world.Connection.GetAsync(key));
    }

    [SkippableFact]
    public async Task Server_ThatStartsLater_IsFound()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        redis.Kill();
        await using var world = new RedisWorld(redis.Address);

        StoreException failure = await Assert.ThrowsAsync<StoreException>(async () => await world.Connection.GetAsync("a"));
        Assert.Equal(StoreFailure.Unavailable, failure.Failure);
        Assert.Equal(RedisStatus.Connecting, world.Connection.Status);
        await redis.StartAgainAsync();

        await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connected);
        Assert.True((await world.Connection.GetAsync("a")).IsNull);
        await RedisWorld.UntilAsync(() => world.Restored == 1);
    }

    [SkippableFact]
    public async Task Server_ThatIsKilledAndStartedAgain_IsFoundAgain()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address);
        var messages = new List<string>();
        world.Connection.Subscribe(world.Connection.Keys.EventsChannel, message => messages.Add(message!));
        await RedisWorld.UntilAsync(() => world.Restored == 1 && redis.Cli("PUBSUB", "NUMSUB", "rs:ch:events").EndsWith('1'));

        redis.Kill();
        await RedisWorld.UntilAsync(() => world.Connection.Status != RedisStatus.Connected);
        await redis.StartAgainAsync();
        await RedisWorld.UntilAsync(() => world.Restored > 1);

        Assert.Equal(1, await world.Connection.PublishAsync(world.Connection.Keys.EventsChannel, "hello"));
        await RedisWorld.UntilAsync(() => messages.Count == 1);
        Assert.Equal("hello", messages[0]);
    }

    [SkippableFact]
    public async Task Server_ThatFreezes_CostsNoMoreThanTheTimeout_AndIsUsedAtOnceWhenItGoesOn()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address, RedisWorld.Impatient);
        redis.Freeze();
        try
        {
            StoreException failure = await Assert.ThrowsAsync<StoreException>(async () => await world.Connection.GetAsync("a"));
            Assert.Equal(StoreFailure.Timeout, failure.Failure);
            await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connecting);
            failure = await Assert.ThrowsAsync<StoreException>(async () => await world.Connection.GetAsync("a"));
            Assert.Equal(StoreFailure.Unavailable, failure.Failure);
        }
        finally
        {
            redis.Thaw();
        }

        await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connected);
        Assert.True((await world.Connection.GetAsync("a")).IsNull);
    }

    [SkippableFact]
    public async Task Server_ThatWasFrozenForLong_IsUsedAtOnceWhenItGoesOn()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address, RedisWorld.Impatient);
        await world.Connection.RunAsync("set", database => database.StringSetAsync("a", "one"));
        redis.Freeze();
        try
        {
            // Past the time after which new connections are tried, which a frozen server takes and never answers.
            await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connecting);
            await Task.Delay(TimeSpan.FromSeconds(4));
        }
        finally
        {
            redis.Thaw();
        }

        long start = Stopwatch.GetTimestamp();
        await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connected);
        output.WriteLine($"Used again after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms.");
        Assert.Equal("one", await world.Connection.GetAsync("a"));
        Assert.True(world.Restored > 1);
    }

    [SkippableFact]
    public async Task Connection_ThatWentSilent_IsReplaced_WithItsSubscriptions()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        using var relay = new SilentRelay(redis.Port);
        await using RedisWorld world = await RedisWorld.ConnectedAsync(relay.Address, RedisWorld.Impatient);
        var messages = new List<string>();
        world.Connection.Subscribe(world.Connection.Keys.ItemsChannel, message => messages.Add(message!));
        await RedisWorld.UntilAsync(() => redis.Cli("PUBSUB", "NUMSUB", "rs:ch:items").EndsWith('1'));

        relay.LoseConnections();
        long start = Stopwatch.GetTimestamp();
        await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connecting);
        output.WriteLine($"Noticed after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms.");
        await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connected);
        output.WriteLine($"Replaced after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms.");

        Assert.True((await world.Connection.GetAsync("a")).IsNull);
        await RedisWorld.UntilAsync(() =>
        {
            redis.Cli("PUBLISH", "rs:ch:items", "hello");
            return messages.Count > 0;
        });
    }

    [SkippableFact]
    public async Task Callers_WhoGiveUp_WaitNoLonger_AndTheBreakerStillSeesTheTimeouts()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address, RedisWorld.Impatient);
        redis.Freeze();
        try
        {
            using var patience = new CancellationTokenSource();
            Task<RedisValue>[] reads = [.. Enumerable.Range(0, 20).Select(_ => world.Connection.RunAsync("get", database => database.StringGetAsync("a"), patience.Token).AsTask())];
            await patience.CancelAsync();
            foreach (Task<RedisValue> read in reads)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
            await RedisWorld.UntilAsync(() => world.Counts.GetValueOrDefault("recsys.store.failures timeout") == 20);
        }
        finally
        {
            redis.Thaw();
        }
    }

    [SkippableFact]
    public async Task Garbage_IsRefused_AndDoesNotStopTheNextCommand()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address);
        redis.Cli("RPUSH", "list", "1");

        for (int i = 0; i < 10; i++)
        {
            StoreException failure = await Assert.ThrowsAsync<StoreException>(async () => await world.Connection.RunAsync("incr", database => database.StringIncrementAsync("list")));
            Assert.Equal(StoreFailure.Refused, failure.Failure);
        }

        Assert.True((await world.Connection.GetAsync("list")).IsNull);
        Assert.Equal(RedisStatus.Connected, world.Connection.Status);
        Assert.Equal(10, world.Counts["recsys.store.failures refused"]);
    }

    [SkippableFact]
    public async Task Handler_ThatThrows_KeepsItsSubscription()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address);
        int calls = 0;
        IDisposable subscription = world.Connection.Subscribe(world.Connection.Keys.EventsChannel, _ =>
        {
            Interlocked.Increment(ref calls);
            throw new InvalidOperationException("A bad message.");
        });
        await RedisWorld.UntilAsync(() => redis.Cli("PUBSUB", "NUMSUB", "rs:ch:events").EndsWith('1'));

        redis.Cli("PUBLISH", "rs:ch:events", "1");
        redis.Cli("PUBLISH", "rs:ch:events", "2");
        await RedisWorld.UntilAsync(() => Volatile.Read(ref calls) == 2);

        subscription.Dispose();
        await RedisWorld.UntilAsync(() => redis.Cli("PUBSUB", "NUMSUB", "rs:ch:events").EndsWith('0'));
    }
}
