using ChaosTests.Server;
using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>
/// One replica of the server with a Redis that can be broken. A single Redis stands behind a proxy; the nodes of a cluster, and what Sentinels watch, are reached directly,
/// because they tell clients where the others are.
/// </summary>
internal sealed class ChaosRig : IAsyncDisposable
{
    private RedisProcess? _redis;
    private TcpProxy? _proxy;
    private RedisCluster? _cluster;
    private RedisSentinel? _sentinel;
    private ChaosServer? _server;

    private ChaosRig(ChaosWorld world) => World = world;

    public ChaosWorld World { get; }

    /// <summary>The single Redis.</summary>
    public RedisProcess Redis => _redis ?? throw Lacks("single Redis");

    /// <summary>What stands before the single Redis.</summary>
    public TcpProxy Proxy => _proxy ?? throw Lacks("proxy");

    public RedisCluster Cluster => _cluster ?? throw Lacks("cluster");

    public RedisSentinel Sentinel => _sentinel ?? throw Lacks("Sentinel");

    /// <summary>The server under test.</summary>
    public ChaosServer Server => _server ?? throw Lacks("server");

    /// <summary>What the server under test is given as Redis.</summary>
    public string Configuration => _cluster?.Configuration ?? _sentinel?.Configuration ?? Redis.ConfigurationFor(Proxy.Port);

    /// <summary>The same Redis for somebody whose connection is not spoiled.</summary>
    public string WitnessConfiguration => _cluster?.Configuration ?? _sentinel?.Configuration ?? Redis.Configuration;

    public static async Task<ChaosRig> StartAsync(ChaosCase chaos, ChaosWorld world, ChaosPace pace)
    {
        var rig = new ChaosRig(world);
        try
        {
            await rig.StartRedisAsync(chaos);
            rig._server = await ChaosServer.StartAsync(world, rig.Configuration, pace.Configure);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node that takes writes of a key.</summary>
    public async Task<RedisProcess> NodeOfAsync(string key)
    {
        if (_cluster is not null)
            return await _cluster.OwnerOfAsync(await _cluster.SlotOfAsync(key));
        if (_sentinel is not null)
            return _sentinel.Master.IsRunning ? _sentinel.Master : _sentinel.Replica;
        return Redis;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        if (_sentinel is not null)
            await _sentinel.DisposeAsync();
    }

    private static InvalidOperationException Lacks(string what) => new($"This rig has no {what}.");

    private async Task StartRedisAsync(ChaosCase chaos)
    {
        switch (chaos.Topology)
        {
            case Topology.Cluster or Topology.ClusterWithReplicas:
                _cluster = await RedisCluster.StartAsync(hasReplicas: chaos.Topology == Topology.ClusterWithReplicas);
                break;
            case Topology.Sentinel:
                _sentinel = await RedisSentinel.StartAsync();
                break;
            default:
                _redis = await RedisProcess.StartAsync(chaos.Redis);
                _proxy = TcpProxy.Start(_redis.Port);
                break;
        }
    }
}
