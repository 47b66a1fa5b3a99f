using System.Diagnostics;
using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using StackExchange.Redis;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>The connection against a real redis-server that does what Redis does in bad nights.</summary>
public class RedisConnectionTests
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
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address);
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
}
