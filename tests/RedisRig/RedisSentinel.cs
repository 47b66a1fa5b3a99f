using System.Globalization;

namespace RedisRig;

/// <summary>A master, its replica, and a Sentinel that lets the replica take over when the master dies.</summary>
internal sealed class RedisSentinel : IAsyncDisposable
{
    /// <summary>Name of the master at the Sentinel.</summary>
    public const string ServiceName = "main";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly RedisProcess _sentinel;

    private RedisSentinel(RedisProcess master, RedisProcess replica, RedisProcess sentinel)
    {
        Master = master;
        Replica = replica;
        _sentinel = sentinel;
    }

    /// <summary>The first master.</summary>
    public RedisProcess Master { get; }

    /// <summary>Its replica.</summary>
    public RedisProcess Replica { get; }

    /// <summary>What a client needs to find the master, in the notation of StackExchange.Redis.</summary>
    public string Configuration => $"{_sentinel.Configuration},serviceName={ServiceName}";

    /// <summary>Starts all three and waits until the Sentinel knows the replica and the replica has the master's data.</summary>
    public static async Task<RedisSentinel> StartAsync()
    {
        RedisProcess master = await RedisProcess.StartAsync();
        RedisProcess replica = await RedisProcess.StartAsync(new RedisSettings { Lines = [("replicaof", At(master))] });
        RedisProcess sentinel = await RedisProcess.StartAsync(new RedisSettings
        {
            IsSentinel = true,
            Lines =
            [
                ("sentinel monitor", $"{ServiceName} {At(master)} 1"),
                ("sentinel down-after-milliseconds", $"{ServiceName} 500"),
                ("sentinel failover-timeout", $"{ServiceName} 3000"),
            ],
        });
        var all = new RedisSentinel(master, replica, sentinel);
        await Until.TrueAsync(
            async () => (await replica.ExecuteAsync("ROLE")).Items is [_, _, _, { Text: "connected" }, ..]
                && (await sentinel.ExecuteAsync("SENTINEL", "REPLICAS", ServiceName)).Items.Count == 1,
            s_patience,
            () => "The Sentinel did not find the replica.");
        return all;

        static string At(RedisProcess redis) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1 {redis.Port}");
    }

    /// <summary>Waits until the replica has become the master and the Sentinel says so.</summary>
    public Task FailedOverAsync() => Until.TrueAsync(HasFailedOverAsync, s_patience, () => "The replica did not take over.");

    private async Task<bool> HasFailedOverAsync()
    {
        try
        {
            return (await Replica.ExecuteAsync("ROLE")).Items[0].Text == "master"
                && (await _sentinel.ExecuteAsync("SENTINEL", "GET-MASTER-ADDR-BY-NAME", ServiceName)).Items[1].Text == Replica.Port.ToString(CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // A replica that is made master ends its connections; the next question finds out.
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _sentinel.DisposeAsync();
        await Replica.DisposeAsync();
        await Master.DisposeAsync();
    }
}
