using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>Which answers to strangers have to say that the store of user states is of no help, while a case is broken.</summary>
internal enum Labelling
{
    /// <summary>Some may.</summary>
    Some = 0,

    /// <summary>All: the store cannot be asked, or cannot answer in time.</summary>
    All,
}

/// <summary>What kind of Redis a case is about.</summary>
internal enum Topology
{
    /// <summary>One server, behind a proxy.</summary>
    Single = 0,

    /// <summary>Redis Cluster: three masters.</summary>
    Cluster,

    /// <summary>Redis Cluster: three masters, each with a replica.</summary>
    ClusterWithReplicas,

    /// <summary>A master and a replica, and a Sentinel.</summary>
    Sentinel,
}

/// <summary>What must be in Redis in the end.</summary>
internal enum Kept
{
    /// <summary>All events that were ever confirmed, and the histories that follow from them.</summary>
    Everything = 0,

    /// <summary>As above, but for events that were confirmed in the moment of the break: a replica of Redis takes over with what it had.</summary>
    AllButTheMoment,

    /// <summary>Events that were sent after the break; what was before was deleted.</summary>
    SinceTheBreak,

    /// <summary>All events in the stream; users' own keys were destroyed.</summary>
    TheStream,
}

/// <summary>One way in which Redis goes wrong, and how it is put right.</summary>
internal sealed record ChaosCase
{
    /// <summary>Short name, for tables and file names.</summary>
    public required string Name { get; init; }

    /// <summary>What happens, in some words.</summary>
    public required string What { get; init; }

    /// <summary>Breaks it; returns once it is broken.</summary>
    public required Func<ChaosRig, Task> Break { get; init; }

    /// <summary>Goes on breaking it until cancelled; null when <see cref="Break"/> was all.</summary>
    public Func<ChaosRig, CancellationToken, Task>? Meanwhile { get; init; }

    /// <summary>Puts it right; null when nothing needs to be done.</summary>
    public Func<ChaosRig, Task>? Mend { get; init; }

    public Labelling Labelling { get; init; }

    public Kept Kept { get; init; }

    public Topology Topology { get; init; }

    /// <summary>How a single Redis is started.</summary>
    public RedisSettings Redis { get; init; } = new();

    public override string ToString() => Name;
}
