namespace RedisRig;

/// <summary>How a Redis server of a test is started.</summary>
internal sealed record RedisSettings
{
    /// <summary>Password of the default user; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>Whether its port speaks TLS, and only TLS, with a certificate of its own for localhost.</summary>
    public bool IsTls { get; init; }

    /// <summary>Whether it keeps an append-only file, so that data survive <see cref="RedisProcess.KillAsync"/>.</summary>
    public bool IsPersistent { get; init; }

    /// <summary>Whether it is a node for a Redis Cluster.</summary>
    public bool IsClusterNode { get; init; }

    /// <summary>Whether it is a Sentinel; what it watches is in <see cref="Lines"/>.</summary>
    public bool IsSentinel { get; init; }

    /// <summary>Port that a node tells clients and other nodes to use, for example that of a proxy before it; null for its own.</summary>
    public int? AnnouncedPort { get; init; }

    /// <summary>Further lines of its configuration, for example ("maxmemory", "2mb").</summary>
    public IReadOnlyList<(string Name, string Value)> Lines { get; init; } = [];
}
