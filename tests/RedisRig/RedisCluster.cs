using System.Globalization;

namespace RedisRig;

/// <summary>A real Redis Cluster on this machine: masters that share the slots evenly, and a replica of each where asked for.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    /// <summary>Slots of every Redis Cluster.</summary>
    public const int SlotCount = 16_384;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly List<RedisProcess> _nodes = [];
    private readonly int _masters;

    private RedisCluster(int masters) => _masters = masters;

    /// <summary>All nodes: the first masters, then their replicas in the same order.</summary>
    public IReadOnlyList<RedisProcess> Nodes => _nodes;

    /// <summary>What a client needs to reach it, in the notation of StackExchange.Redis.</summary>
    public string Configuration => string.Join(',', _nodes.Take(_masters).Select(static node => node.Configuration));

    /// <summary>Starts the nodes, joins them, and waits until every one knows all others and all slots are served.</summary>
    /// <param name="masters">How many, at least 1; a failover needs 3.</param>
    /// <param name="hasReplicas">Whether each master has a replica.</param>
    public static async Task<RedisCluster> StartAsync(int masters = 3, bool hasReplicas = false)
    {
        var cluster = new RedisCluster(masters);
        try
        {
            for (int i = 0; i < masters * (hasReplicas ? 2 : 1); i++)
                cluster._nodes.Add(await RedisProcess.StartAsync(new RedisSettings { IsClusterNode = true }));
            await cluster.JoinAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Id of a node in the cluster.</summary>
    public static async Task<string> IdOfAsync(RedisProcess node) => (await node.ExecuteAsync("CLUSTER", "MYID")).Text;

    /// <summary>Whether a node is a master now.</summary>
    public static async Task<bool> IsMasterAsync(RedisProcess node) => (await node.ExecuteAsync("ROLE")).Items[0].Text == "master";

    /// <summary>The slot of a key, by its hash tag where it has one.</summary>
    public async Task<int> SlotOfAsync(string key) => (int)(await _nodes.First(static node => node.IsRunning).ExecuteAsync("CLUSTER", "KEYSLOT", key)).Integer;

    /// <summary>The master that serves a slot: the node that says so of itself, since others may not have heard yet.</summary>
    public async Task<RedisProcess> OwnerOfAsync(int slot)
    {
        foreach (RedisProcess node in _nodes.Where(static node => node.IsRunning))
        {
            if (await OwnerPortAsync(node, slot) == node.Port)
                return node;
        }

        throw new InvalidOperationException($"Nobody serves slot {slot}.");
    }

    /// <summary>
    /// Moves a slot with its keys to another master, as redis-cli's reshard does: mark both sides, move the keys, tell everybody. Clients are redirected meanwhile.
    /// </summary>
    public async Task MoveSlotAsync(int slot, RedisProcess to)
    {
        RedisProcess from = await OwnerOfAsync(slot);
        if (from == to)
            return;
        string source = await IdOfAsync(from), target = await IdOfAsync(to);
        await using RedisClient reader = await from.ConnectAsync();
        await to.ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", source);
        await reader.ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", target);
        while ((await reader.ExecuteAsync("CLUSTER", "GETKEYSINSLOT", slot, 100)).Items is { Count: > 0 } keys)
            await reader.ExecuteAsync(["MIGRATE", "127.0.0.1", to.Port, "", 0, 5000, "KEYS", .. keys.Select(static key => (object)key.Bytes!)], CancellationToken.None);
        // The new owner first: were the old one to forget first, nobody would own the slot for a moment.
        RedisProcess[] masters = [to, .. _nodes.Take(_masters).Where(node => node != to && node.IsRunning)];
        foreach (RedisProcess master in masters)
            await master.ExecuteAsync("CLUSTER", "SETSLOT", slot, "NODE", target);
        await AgreedAsync(masters, slot, to);
    }

    /// <summary>Waits until these masters have heard of each other's latest epochs: a move before that could give a slot to nobody.</summary>
    private static async Task AgreedAsync(RedisProcess[] masters, int slot, RedisProcess owner)
    {
        await Until.TrueAsync(
            async () =>
            {
                var epochs = new HashSet<string>();
                foreach (RedisProcess master in masters)
                {
                    string info = (await master.ExecuteAsync("CLUSTER", "INFO")).Text;
                    epochs.Add(info.Split("\r\n").First(static line => line.StartsWith("cluster_current_epoch:", StringComparison.Ordinal)));
                    epochs.UnionWith(await EpochsAsync(master));
                    if (await OwnerPortAsync(master, slot) != owner.Port)
                        return false;
                }

                // One current epoch and one view of each master's own.
                return epochs.Count == 1 + masters.Length;
            },
            s_patience,
            () => $"The masters do not agree on who serves slot {slot}.");
    }

    /// <summary>What a node knows of the masters' configuration epochs.</summary>
    private static async Task<IEnumerable<string>> EpochsAsync(RedisProcess node)
    {
        string nodes = (await node.ExecuteAsync("CLUSTER", "NODES")).Text;
        return nodes.Split('\n').Select(static line => line.Split(' ')).Where(static fields => fields.Length > 6 && fields[2].Contains("master", StringComparison.Ordinal))
            .Select(static fields => $"{fields[0]} {fields[6]}");
    }

    /// <summary>Port of the node that a node believes to serve a slot; 0 for none.</summary>
    private static async Task<long> OwnerPortAsync(RedisProcess node, int slot)
    {
        foreach (RedisReply range in (await node.ExecuteAsync("CLUSTER", "SLOTS")).Items)
        {
            if (range.Items[0].Integer <= slot && slot <= range.Items[1].Integer)
                return range.Items[2].Items[1].Integer;
        }

        return 0;
    }

    /// <summary>Waits until a replica of this master, which is dead or has been asked to give up, has taken over and all slots are served again.</summary>
    /// <returns>The new master.</returns>
    public async Task<RedisProcess> FailedOverAsync(RedisProcess master)
    {
        RedisProcess replica = _nodes[_nodes.IndexOf(master) + _masters];
        await Until.TrueAsync(
            async () => await IsMasterAsync(replica) && await IsHealthyAsync(replica), s_patience, () => "No replica took over.");
        return replica;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RedisProcess node in _nodes)
            await node.DisposeAsync();
    }

    private static async Task<bool> IsHealthyAsync(RedisProcess node) => (await node.ExecuteAsync("CLUSTER", "INFO")).Text.Contains("cluster_state:ok", StringComparison.Ordinal);

    private async Task JoinAsync()
    {
        for (int i = 0; i < _masters; i++)
            await _nodes[i].ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", SlotCount * i / _masters, SlotCount * (i + 1) / _masters - 1);
        for (int i = 0; i < _nodes.Count; i++)
        {
            // Distinct epochs from the start, so that the nodes need not argue them out.
            await _nodes[i].ExecuteAsync("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
        }

        foreach (RedisProcess node in _nodes.Skip(1))
            await _nodes[0].ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", node.Port);
        string known = string.Create(CultureInfo.InvariantCulture, $"cluster_known_nodes:{_nodes.Count}\r");
        await EverywhereAsync(async node => (await node.ExecuteAsync("CLUSTER", "INFO")).Text.Contains(known, StringComparison.Ordinal), "The nodes did not find each other.");
        for (int i = _masters; i < _nodes.Count; i++)
        {
            string master = await IdOfAsync(_nodes[i - _masters]);
            RedisProcess replica = _nodes[i];
            await Until.TrueAsync(() => TryReplicateAsync(replica, master), s_patience, () => "A replica does not know its master.");
        }

        await EverywhereAsync(IsHealthyAsync, "The cluster does not serve all slots.");
        for (int i = _masters; i < _nodes.Count; i++)
        {
            RedisProcess replica = _nodes[i];
            await Until.TrueAsync(
                async () => (await replica.ExecuteAsync("ROLE")).Items is [_, _, _, { Text: "connected" }, ..], s_patience, () => "A replica did not attach to its master.");
        }
    }

    private static async Task<bool> TryReplicateAsync(RedisProcess replica, string master)
    {
        try
        {
            await replica.ExecuteAsync("CLUSTER", "REPLICATE", master);
            return true;
        }
        catch (RedisErrorException e) when (e.Message.Contains("Unknown node", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private async Task EverywhereAsync(Func<RedisProcess, Task<bool>> condition, string message)
    {
        foreach (RedisProcess node in _nodes)
            await Until.TrueAsync(() => condition(node), s_patience, () => message);
    }
}
