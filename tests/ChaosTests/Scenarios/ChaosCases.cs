using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>All the ways in which Redis goes wrong here.</summary>
internal static class ChaosCases
{
    /// <summary>The stream of events, under the default prefix.</summary>
    public const string EventStream = "rs:events";

    private static readonly TimeSpan s_betweenResets = TimeSpan.FromMilliseconds(200);

    public static IReadOnlyList<ChaosCase> All { get; } =
    [
        new()
        {
            Name = "killed", What = "kill -9; started again with what its append-only file holds",
            Redis = new RedisSettings { IsPersistent = true },
            Break = static rig => rig.Redis.KillAsync(), Mend = static rig => rig.Redis.StartAgainAsync(), Labelling = Labelling.All,
        },
        new()
        {
            Name = "replaced", What = "kill -9; an empty one started in its place",
            Break = static rig => rig.Redis.KillAsync(), Mend = static rig => rig.Redis.StartAgainAsync(), Labelling = Labelling.All, Kept = Kept.SinceTheBreak,
        },
        new()
        {
            Name = "frozen", What = "SIGSTOP; SIGCONT",
            Break = static rig => rig.Redis.FreezeAsync(), Mend = static rig => rig.Redis.ThawAsync(), Labelling = Labelling.All,
        },
        Slow(50),
        Slow(500),
        new()
        {
            Name = "resets", What = "all connections reset five times a second",
            Break = Reset, Meanwhile = ResetAgainAndAgainAsync,
        },
        new()
        {
            Name = "half-open", What = "connections silent for good, new ones work", Break = static rig => Task.FromResult(rig.Proxy.Abandon()),
        },
        new()
        {
            Name = "silent", What = "the network passes nothing on", Labelling = Labelling.All, Break = Frozen, Mend = Thawed,
        },
        new()
        {
            Name = "refused", What = "connections reset, new ones refused", Labelling = Labelling.All, Break = Refused, Mend = Accepted,
        },
        new()
        {
            Name = "full", What = "maxmemory reached, nothing evicted: writes are refused",
            Redis = new RedisSettings { Lines = [("maxmemory-policy", "noeviction")] },
            Break = static rig => rig.Redis.ConfigureAsync("maxmemory", "1"), Mend = static rig => rig.Redis.ConfigureAsync("maxmemory", "0"),
        },
        new()
        {
            Name = "read-only", What = "demoted to a replica: writes are refused",
            // Nobody listens on the discard port.
            Break = static rig => rig.Redis.ExecuteAsync("REPLICAOF", "127.0.0.1", 9), Mend = static rig => rig.Redis.ExecuteAsync("REPLICAOF", "NO", "ONE"),
        },
        new()
        {
            Name = "emptied", What = "FLUSHALL, SCRIPT FLUSH", Kept = Kept.SinceTheBreak,
            Break = static async rig =>
            {
                await rig.Redis.ExecuteAsync("FLUSHALL");
                await rig.Redis.ExecuteAsync("SCRIPT", "FLUSH");
            },
        },
        new()
        {
            Name = "garbage", What = "wrong types and random bytes under every key; deleted", Kept = Kept.TheStream,
            Break = static rig => Garbage.SpreadAsync(rig.Redis), Mend = static rig => Garbage.RemoveAsync(rig.Redis),
        },
        new()
        {
            Name = "moving-slots", What = "cluster: slots with their keys move between masters", Topology = Topology.Cluster,
            Break = static rig => MoveStreamAsync(rig), Meanwhile = MoveSlotsAsync,
        },
        new()
        {
            Name = "failover", What = "cluster: the master with the event stream dies, its replica takes over", Topology = Topology.ClusterWithReplicas,
            Kept = Kept.AllButTheMoment, Break = static async rig => await (await rig.NodeOfAsync(EventStream)).KillAsync(),
        },
        new()
        {
            Name = "sentinel", What = "Sentinel: the master dies, its replica takes over elsewhere", Topology = Topology.Sentinel,
            Kept = Kept.AllButTheMoment, Break = static rig => rig.Sentinel.Master.KillAsync(),
        },
    ];

    private static ChaosCase Slow(int milliseconds) => new()
    {
        Name = FormattableString.Invariant($"slow-{milliseconds}"),
        What = FormattableString.Invariant($"every answer {milliseconds} ms late"),
        Labelling = Labelling.All,
        Break = rig => Delay(rig, TimeSpan.FromMilliseconds(milliseconds)),
        Mend = static rig => Delay(rig, TimeSpan.Zero),
    };

    private static Task Delay(ChaosRig rig, TimeSpan delay)
    {
        rig.Proxy.DelayToClient = rig.Proxy.DelayToServer = delay / 2;
        return Task.CompletedTask;
    }

    private static Task Reset(ChaosRig rig)
    {
        rig.Proxy.Reset();
        return Task.CompletedTask;
    }

    private static Task Frozen(ChaosRig rig)
    {
        rig.Proxy.Freeze();
        return Task.CompletedTask;
    }

    private static Task Thawed(ChaosRig rig)
    {
        rig.Proxy.Thaw();
        return Task.CompletedTask;
    }

    private static Task Refused(ChaosRig rig)
    {
        rig.Proxy.Refuse();
        return Reset(rig);
    }

    private static Task Accepted(ChaosRig rig)
    {
        rig.Proxy.Accept();
        return Task.CompletedTask;
    }

    private static async Task ResetAgainAndAgainAsync(ChaosRig rig, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_betweenResets);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            rig.Proxy.Reset();
    }

    private static async Task MoveStreamAsync(ChaosRig rig)
    {
        int slot = await rig.Cluster.SlotOfAsync(EventStream);
        RedisProcess owner = await rig.Cluster.OwnerOfAsync(slot);
        await rig.Cluster.MoveSlotAsync(slot, rig.Cluster.Nodes.First(node => node != owner));
    }

    /// <summary>Moves the slots of keys that there are, one after the other, each to the next master.</summary>
    private static async Task MoveSlotsAsync(ChaosRig rig, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (RedisProcess from in rig.Cluster.Nodes)
            {
                RedisReply key = await from.ExecuteAsync("RANDOMKEY");
                if (!key.IsNull)
                    await rig.Cluster.MoveSlotAsync(await rig.Cluster.SlotOfAsync(key.Text), rig.Cluster.Nodes[(IndexOf(rig, from) + 1) % rig.Cluster.Nodes.Count]);
            }
        }
    }

    private static int IndexOf(ChaosRig rig, RedisProcess node)
    {
        for (int i = 0; i < rig.Cluster.Nodes.Count; i++)
        {
            if (rig.Cluster.Nodes[i] == node)
                return i;
        }

        throw new InvalidOperationException("The node is not in the cluster.");
    }
}
