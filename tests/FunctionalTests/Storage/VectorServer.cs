using System.Globalization;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>A Redis with vector sets: the real one where redis-server is version 8 or later, or <see cref="VectorSetPeer"/> before the one that is there.</summary>
internal sealed class VectorServer : IAsyncDisposable
{
    private readonly RedisProcess _redis;

    private VectorServer(RedisProcess redis, VectorSetPeer? peer) => (_redis, Peer) = (redis, peer);

    /// <summary>"peer" and "real", for theories.</summary>
    public static TheoryData<string> Kinds => ["peer", "real"];

    public string Address => Peer?.Address ?? _redis.Address;

    /// <summary>Null for a real one.</summary>
    public VectorSetPeer? Peer { get; }

    public RedisProcess Redis => _redis;

    /// <exception cref="SkipException">There is none of this kind on this machine.</exception>
    public static async Task<VectorServer> StartAsync(string kind = "peer")
    {
        Skip.If(kind == "real" && MajorVersion() < 8, "redis-server is older than 8 here, and has no vector sets.");
        RedisProcess redis = await RedisProcess.StartAsync();
        return new VectorServer(redis, kind == "real" ? null : new VectorSetPeer(redis.Port));
    }

    /// <summary>Keys of vector sets.</summary>
    public string[] Keys() => Peer is { } peer ? [.. peer.Keys] : [.. _redis.Cli("KEYS", "*:v:{*").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        if (Peer is not null)
            await Peer.DisposeAsync();
        _redis.Dispose();
    }

    private static int MajorVersion()
    {
        try
        {
            string said = RedisProcess.Run("redis-server", "--version");
            int at = said.IndexOf("v=", StringComparison.Ordinal) + 2;
            return int.Parse(said.AsSpan(at, said.IndexOf('.', at) - at), CultureInfo.InvariantCulture);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }
}
