using RedisRig;
using Xunit;

namespace ChaosTests.Rig;

/// <summary>The cluster of the other tests moves slots and fails over.</summary>
public sealed class RedisClusterTests
{
    [SkippableFact]
    public async Task MoveSlot_MovesItsKeys()
    {
        RedisRequirement.Check();
        await using RedisCluster cluster = await RedisCluster.StartAsync();
        int slot = await cluster.SlotOfAsync("{tag}:1");
        RedisProcess from = await cluster.OwnerOfAsync(slot);
        RedisProcess to = cluster.Nodes.First(node => node != from);
        await from.ExecuteAsync("SET", "{tag}:1", "one");

        await cluster.MoveSlotAsync(slot, to);

        Assert.Equal("one", (await to.ExecuteAsync("GET", "{tag}:1")).Text);
        RedisErrorException moved = await Assert.ThrowsAsync<RedisErrorException>(() => from.ExecuteAsync("GET", "{tag}:1"));
        Assert.StartsWith("MOVED", moved.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task KillMaster_ItsReplicaTakesOver()
    {
        RedisRequirement.Check();
        await using RedisCluster cluster = await RedisCluster.StartAsync(hasReplicas: true);
        int slot = await cluster.SlotOfAsync("key");
        RedisProcess master = await cluster.OwnerOfAsync(slot);
        await using (RedisClient client = await master.ConnectAsync())
        {
            await client.ExecuteAsync("SET", "key", "value");
            Assert.Equal(1, (await client.ExecuteAsync("WAIT", 1, 5000)).Integer);
        }

        await master.KillAsync();
        RedisProcess successor = await cluster.FailedOverAsync(master);

        Assert.Equal("value", (await successor.ExecuteAsync("GET", "key")).Text);
    }
}
