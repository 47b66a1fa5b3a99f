using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Snapshots;
using Inference.Server.Failures;
using Inference.Server.Models;

namespace Inference.Server.OpenInference;

/// <summary>
/// The models of all loaded bundles by the names of the protocol: "user_tower", "item_tower" and "ranker" are those of the active bundle, "&lt;bundle&gt;.user_tower" and so on those
/// of a bundle by its name. A version is the bundle's; without one the active version answers, or the newest where the bundle is not the active one.
/// </summary>
internal sealed class ServedTowers(SnapshotRegistry snapshots)
{
    private const string User = "user_tower", Item = "item_tower", Ranker = "ranker";

    /// <summary>Most names that a message lists.</summary>
    private const int MostListed = 16;

    /// <summary>Takes the model of a name and version; otherwise says why there is none.</summary>
    public bool TryAcquire(string name, string version, out ServedTower tower, [NotNullWhen(false)] out Failure? failure)
    {
        tower = default;
        bool isName = TryParse(name, out string? bundle, out TowerRole role);
        while (true)
        {
            Snapshot? active = snapshots.Active;
            if (active is null)
            {
                failure = FailureTable.ModelLoading;
                return false;
            }

            IReadOnlyList<Snapshot> versions = isName ? VersionsOf(bundle ?? active.Model.Name, role) : [];
            if (Choose(versions, version, active) is not { } snapshot)
            {
                failure = versions.Count == 0 ? FailureTable.UnknownModel(name, Names(active)) : FailureTable.UnknownModelVersion(name, version, VersionNames(versions));
                return false;
            }

            // It may have been let go since it was listed: then the list is another one.
            if (snapshots.Acquire(snapshot.Model.FullVersion) is not { } lease)
                continue;
            if (ServedTower.Of(lease.Snapshot, role) is { } raw)
            {
                tower = new ServedTower(lease, role, raw);
                failure = null;
                return true;
            }

            lease.Dispose();
        }
    }

    /// <summary>Loaded versions of a bundle that have a tower of this role, the newest first. For looking at.</summary>
    public IReadOnlyList<Snapshot> VersionsOf(string bundle, TowerRole role) =>
    [
        .. snapshots.Loaded
            .Where(snapshot => snapshot.Model.Name == bundle && ServedTower.Of(snapshot, role) is not null)
            .OrderByDescending(snapshot => snapshot.Model.Version, VersionOrder.Instance),
    ];

    private static Snapshot? Choose(IReadOnlyList<Snapshot> versions, string version, Snapshot active)
    {
        foreach (Snapshot loaded in versions)
        {
            if (version.Length > 0 ? loaded.Model.Version == version : loaded == active)
                return loaded;
        }

        return version.Length == 0 && versions.Count > 0 ? versions[0] : null;
    }

    private static string[] VersionNames(IReadOnlyList<Snapshot> versions) => [.. versions.Select(snapshot => snapshot.Model.Version).Take(MostListed)];

    private string[] Names(Snapshot active) =>
    [
        .. NamesOf(active).Concat(snapshots.Loaded.OrderBy(snapshot => snapshot.Model.Name, StringComparer.Ordinal).SelectMany(snapshot => NamesOf(snapshot, snapshot.Model.Name + ".")))
            .Distinct()
            .Take(MostListed),
    ];

    private static IEnumerable<string> NamesOf(Snapshot snapshot, string prefix = "")
    {
        if (ServedTower.Of(snapshot, TowerRole.User) is not null)
            yield return prefix + User;
        if (ServedTower.Of(snapshot, TowerRole.Item) is not null)
            yield return prefix + Item;
        if (ServedTower.Of(snapshot, TowerRole.Ranker) is not null)
            yield return prefix + Ranker;
    }

    /// <summary>The bundle, null for the active one, and the tower that a name means. Names of bundles may have dots.</summary>
    private static bool TryParse(string name, out string? bundle, out TowerRole role)
    {
        int dot = name.LastIndexOf('.');
        bundle = dot < 0 ? null : name[..dot];
        string tower = name[(dot + 1)..];
        role = tower switch
        {
            User => TowerRole.User,
            Item => TowerRole.Item,
            _ => TowerRole.Ranker,
        };
        return tower is User or Item or Ranker;
    }
}
