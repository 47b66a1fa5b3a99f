using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using StackExchange.Redis;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>The ways that a Redis can be set up: passwords, TLS, Redis Cluster, Sentinels.</summary>
public class RedisTopologyTests
{
    [SkippableFact]
    public async Task Password_ThatIsRight_LetsIn_AndAWrongOneDoesNot()
    {
        using RedisProcess redis = await RedisProcess.StartAsync("--requirepass", "open sesame");
        await using RedisWorld world = await RedisWorld.ConnectedAsync(redis.Address + ",password=open sesame");
        Assert.True((await world.Connection.GetAsync("a")).IsNull);
        Assert.DoesNotContain("sesame", world.Connection.Address, StringComparison.Ordinal);

        await using var other = new RedisWorld(redis.Address + ",password=wrong");
        await RedisWorld.UntilAsync(() => redis.Cli("--no-auth-warning", "-a", "open sesame", "INFO", "errorstats").Contains("WRONGPASS", StringComparison.Ordinal));
        Assert.Equal(RedisStatus.Connecting, other.Connection.Status);
        // Without a change of configuration: the server learns the password.
        redis.Cli("--no-auth-warning", "-a", "open sesame", "CONFIG", "SET", "requirepass", "wrong");
        await RedisWorld.UntilAsync(() => other.Connection.Status == RedisStatus.Connected);
    }

    [SkippableFact]
    public async Task Tls_WithACertificateOfAKnownAuthority_Connects_AndOthersDoNot()
    {
        string authority = "", stranger = "";
        int port = RedisProcess.FreePort();
        using RedisProcess redis = await RedisProcess.StartAsync(folder =>
        {
            authority = RedisCertificates.Write(folder, "127.0.0.1");
            stranger = RedisCertificates.WriteAuthority(folder);
            return ["--tls-port", $"{port}", "--tls-cert-file", $"{folder}/redis.crt", "--tls-key-file", $"{folder}/redis.key", "--tls-ca-cert-file", authority, "--tls-auth-clients", "no"];
        });
        string configuration = $"127.0.0.1:{port},ssl=true";

        await using RedisWorld world = await RedisWorld.ConnectedAsync(configuration, options => options.CertificateAuthorities = authority);
        await using var untrusting = new RedisWorld(configuration);
        await using var mistaken = new RedisWorld(configuration, options => options.CertificateAuthorities = stranger);
        await using var misled = new RedisWorld(configuration + ",sslHost=redis.example", options => options.CertificateAuthorities = authority);

        Assert.True(await world.Connection.RunAsync("set", database => database.StringSetAsync("a", "one")));
        Assert.Equal("one", await world.Connection.GetAsync("a"));
        // The three have had as many tries as the one that was let in by now, and get some more.
        await RedisWorld.UntilAsync(() => redis.Connections() > 12);
        Assert.All([untrusting, mistaken, misled], other => Assert.Equal(RedisStatus.Connecting, other.Connection.Status));
    }

    [SkippableFact]
    public async Task Cluster_IsFoundThroughAnyNode_AndKeysOfOneUserShareASlot()
    {
        using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(cluster.Nodes[1].Address);
        RedisKeys keys = world.Connection.Keys;
        for (int i = 0; i < 100; i++)
        {
            RedisKey key = keys.Interactions(RedisWorld.User(i)), other = keys.Embedding("space-1", RedisWorld.User(i));
            await world.Connection.RunAsync("set", database => database.StringSetAsync(key, i));
            await world.Connection.RunAsync("set", database => database.StringSetAsync(other, -i));
        }

        RedisValue[] values = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => world.Connection.GetAsync(keys.Interactions(RedisWorld.User(i))).AsTask()));
        Assert.Equal(Enumerable.Range(0, 100), values.Select(static value => (int)value));
        Assert.Equal([5, -5], await world.Connection.GetAsync([keys.Interactions(RedisWorld.User(5)), keys.Embedding("space-1", RedisWorld.User(5))]));
        Assert.All(cluster.Nodes, node => Assert.NotEqual("0", node.Cli("DBSIZE")));
        var messages = new List<RedisValue>();
        world.Connection.Subscribe(keys.EventsChannel, messages.Add);
        await RedisWorld.UntilAsync(() =>
        {
            cluster.Nodes[0].Cli("PUBLISH", "rs:ch:events", "hello");
            return messages.Count > 0;
        });
    }

    [SkippableFact]
    public async Task Cluster_WhoseSlotsMove_IsFollowed()
    {
        using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(cluster.Nodes[0].Address);
        RedisKey key = world.Connection.Keys.Interactions(RedisWorld.User(1));
        await world.Connection.RunAsync("set", database => database.StringSetAsync(key, "one"));
        await EveryNodeAnswersAsync(world);

        cluster.MoveSlotOf(key!);

        Assert.Equal("one", await world.Connection.GetAsync(key));
        Assert.True(await world.Connection.RunAsync("set", database => database.StringSetAsync(key, "two")));
        Assert.Equal("two", await world.Connection.GetAsync(key));
    }

    /// <summary>Connected means that one node answers; the connections to the others may be a moment behind.</summary>
    private static async Task EveryNodeAnswersAsync(RedisWorld world)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, 30).Select(i => world.Connection.GetAsync(world.Connection.Keys.Interactions(RedisWorld.User(i))).AsTask()));
                return;
            }
            catch (StoreException) when (tries < 100)
            {
                await Task.Delay(50);
            }
        }
    }

    [SkippableFact]
    public async Task Cluster_WithAFrozenNode_ServesWhatTheOthersHold_AndAllWhenItGoesOn()
    {
        using RedisCluster cluster = await RedisCluster.StartAsync();
        await using RedisWorld world = await RedisWorld.ConnectedAsync(cluster.Nodes[0].Address, RedisWorld.Impatient);
        await EveryNodeAnswersAsync(world);
        RedisKey[] keys = [.. Enumerable.Range(0, 30).Select(i => world.Connection.Keys.Interactions(RedisWorld.User(i)))];
        foreach (RedisKey key in keys)
            await world.Connection.RunAsync("set", database => database.StringSetAsync(key, "one"));
        RedisProcess frozen = cluster.Nodes[2];
        RedisKey[] others = [.. keys.Where(key => cluster.OwnerOf(key!) != frozen)];
        Assert.InRange(others.Length, 1, keys.Length - 1);
        frozen.Freeze();
        try
        {
            // Long enough for the link to be replaced.
            await RedisWorld.UntilAsync(() => world.Restored > 1);
            foreach (RedisKey key in others)
                Assert.Equal("one", await world.Connection.GetAsync(key));
            await Assert.ThrowsAsync<StoreException>(async () => await world.Connection.GetAsync(keys.First(key => cluster.OwnerOf(key!) == frozen)));
        }
        finally
        {
            frozen.Thaw();
        }

        await RedisWorld.UntilAsync(() => keys.All(key => TryGet(world, key) == "one"));
    }

    [SkippableFact]
    public async Task Sentinels_LeadToTheMaster_AndToTheNextOne()
    {
        using RedisProcess first = await RedisProcess.StartAsync();
        using RedisProcess second = await RedisProcess.StartAsync("--replicaof", "127.0.0.1", $"{first.Port}");
        int port = RedisProcess.FreePort();
        using RedisProcess sentinel = await RedisProcess.StartAsync(folder =>
        {
            string file = Path.Combine(folder, "sentinel.conf");
            File.WriteAllText(file, $"""
                port {port}
                bind 127.0.0.1
                dir {folder}
                sentinel monitor shop 127.0.0.1 {first.Port} 1
                sentinel down-after-milliseconds shop 500
                sentinel failover-timeout shop 2000

                """);
            return [file, "--sentinel"];
        });
        await using RedisWorld world = await RedisWorld.ConnectedAsync($"127.0.0.1:{port},serviceName=shop");
        Assert.True(await world.Connection.RunAsync("set", database => database.StringSetAsync("a", "one")));
        Assert.Equal("one", first.Cli("GET", "a"));
        await RedisWorld.UntilAsync(() => second.Cli("GET", "a") == "one");
        await RedisWorld.UntilAsync(() => RedisProcess.Run("redis-cli", "-p", $"{port}", "SENTINEL", "REPLICAS", "shop").Contains($"{second.Port}", StringComparison.Ordinal), seconds: 30);

        first.Kill();

        await RedisWorld.UntilAsync(() => second.Cli("ROLE").StartsWith("master", StringComparison.Ordinal), seconds: 30);
        await RedisWorld.UntilAsync(() => world.Connection.Status == RedisStatus.Connected && TrySet(world, "a", "two"), seconds: 30);
        Assert.Equal("two", second.Cli("GET", "a"));
    }

    [SkippableFact]
    public async Task Master_ThatWasDemoted_IsLeftForTheNewOne()
    {
        using RedisProcess first = await RedisProcess.StartAsync();
        using RedisProcess second = await RedisProcess.StartAsync("--replicaof", "127.0.0.1", $"{first.Port}");
        await using RedisWorld world = await RedisWorld.ConnectedAsync($"{first.Address},{second.Address}");
        Assert.True(await world.Connection.RunAsync("set", database => database.StringSetAsync("a", "one")));

        second.Cli("REPLICAOF", "NO", "ONE");
        first.Cli("REPLICAOF", "127.0.0.1", $"{second.Port}");

        await RedisWorld.UntilAsync(() => TrySet(world, "a", "two"));
        Assert.Equal("two", second.Cli("GET", "a"));
    }

    private static RedisValue TryGet(RedisWorld world, RedisKey key)
    {
        try
        {
            return world.Connection.GetAsync(key).AsTask().GetAwaiter().GetResult();
        }
        catch (StoreException)
        {
            return RedisValue.Null;
        }
    }

    private static bool TrySet(RedisWorld world, string key, string value)
    {
        try
        {
            return world.Connection.RunAsync("set", database => database.StringSetAsync(key, value)).AsTask().GetAwaiter().GetResult();
        }
        catch (StoreException)
        {
            return false;
        }
    }
}
