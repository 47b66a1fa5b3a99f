using System.Globalization;

namespace FunctionalTests.Storage;

/// <summary>Three masters that share the slots.</summary>
internal sealed class RedisCluster(RedisProcess[] nodes) : IDisposable
{
    private const int Slots = 16_384;

    public RedisProcess[] Nodes => nodes;

    public static async Task<RedisCluster> StartAsync()
    {
        var cluster = new RedisCluster([await StartNodeAsync(), await StartNodeAsync(), await StartNodeAsync()]);
        RedisProcess[] nodes = cluster.Nodes;
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i].Cli("CLUSTER", "ADDSLOTSRANGE", $"{Slots * i / nodes.Length}", $"{(Slots * (i + 1) / nodes.Length) - 1}");
            if (i > 0)
                nodes[i].Cli("CLUSTER", "MEET", "127.0.0.1", $"{nodes[0].Port}", $"{nodes[0].BusPort}");
        }

        await RedisWorld.UntilAsync(() => nodes.All(node =>
            node.Cli("CLUSTER", "INFO").Contains("cluster_state:ok", StringComparison.Ordinal) && node.Cli("CLUSTER", "NODES").Split('\n').Length == nodes.Length));
        return cluster;
    }

    /// <summary>The node that has the slot of a key, unless it was moved.</summary>
    public RedisProcess OwnerOf(string key) => nodes[int.Parse(nodes[0].Cli("CLUSTER", "KEYSLOT", key), CultureInfo.InvariantCulture) * nodes.Length / Slots];

    /// <summary>Moves the slot of a key to another node, the way that resharding does; the keys in it go along.</summary>
    public void MoveSlotOf(string key)
    {
        string slot = nodes[0].Cli("CLUSTER", "KEYSLOT", key);
        int owner = int.Parse(slot, CultureInfo.InvariantCulture) * nodes.Length / Slots;
        RedisProcess from = nodes[owner], to = nodes[(owner + 1) % nodes.Length];
        string fromId = from.Cli("CLUSTER", "MYID"), toId = to.Cli("CLUSTER", "MYID");
        to.Cli("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
        from.Cli("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
        foreach (string moved in from.Cli("CLUSTER", "GETKEYSINSLOT", slot, "1000").Split('\n'))
            from.Cli("MIGRATE", "127.0.0.1", $"{to.Port}", moved, "0", "5000");
        foreach (RedisProcess node in nodes)
            node.Cli("CLUSTER", "SETSLOT", slot, "NODE", toId);
    }

    public void Dispose()
    {
        foreach (RedisProcess node in nodes)
            node.Dispose();
    }

    private static Task<RedisProcess> StartNodeAsync()
    {
        // The default bus port is the port and 10,000, which may be beyond what there is.
        int bus = RedisProcess.FreePort();
        return RedisProcess.StartAsync("--cluster-enabled", "yes", "--cluster-port", $"{bus}", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no");
    }
}
