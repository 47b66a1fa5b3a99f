using Inference.Recommendations.Snapshots;
using Inference.Towers.Tensors;

namespace Inference.Server.OpenInference;

/// <summary>Which of a bundle's models.</summary>
internal enum TowerRole
{
    User,
    Item,
    Ranker,
}

/// <summary>A model of the protocol while a call uses it: dispose it at the end of the call, for it leases the snapshot that the tower belongs to.</summary>
/// <param name="Lease">Whose tower it is.</param>
/// <param name="Role">Which of its towers.</param>
/// <param name="Raw">The tower.</param>
internal readonly record struct ServedTower(SnapshotLease Lease, TowerRole Role, RawTower Raw) : IDisposable
{
    public Snapshot Snapshot => Lease.Snapshot;

    /// <summary>The version as the protocol tells it: the bundle's own, without its name.</summary>
    public string Version => Snapshot.Model.Version;

    /// <summary>The tower of a snapshot; null when it has none of this role.</summary>
    public static RawTower? Of(Snapshot snapshot, TowerRole role) => role switch
    {
        TowerRole.User => RawTower.Beneath(snapshot.UserTower),
        TowerRole.Item => RawTower.Beneath(snapshot.ItemTower),
        _ => RawTower.Beneath(snapshot.Ranker),
    };

    public void Dispose() => Lease.Dispose();
}
