using RedisRig;
using Xunit;

namespace ChaosTests.Rig;

/// <summary>The Sentinel of the other tests fails over.</summary>
public sealed class RedisSentinelTests
{
    [SkippableFact]
    public async Task KillMaster_TheReplicaTakesOver()
    {
        RedisRequirement.Check();
        await using RedisSentinel sentinel = await RedisSentinel.StartAsync();
        await using (RedisClient client = await sentinel.Master.ConnectAsync())
        {
            await client.ExecuteAsync("SET", "key", "value");
            await client.ExecuteAsync("WAIT", 1, 5000);
        }

        await sentinel.Master.KillAsync();
        await sentinel.FailedOverAsync();

        Assert.Equal("value", (await sentinel.Replica.ExecuteAsync("GET", "key")).Text);
    }
}
