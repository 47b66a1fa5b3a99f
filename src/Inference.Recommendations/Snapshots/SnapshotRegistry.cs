using System.Collections.Concurrent;

namespace Inference.Recommendations.Snapshots;

/// <summary>The snapshots that the server holds: one is active, others may be pinned by requests. Safe for concurrent use.</summary>
public sealed class SnapshotRegistry
{
    private readonly ConcurrentDictionary<string, Snapshot> _loaded = new(StringComparer.Ordinal);
    private volatile Snapshot? _active;

    /// <summary>The snapshot that answers requests that pin none; null until one is activated.</summary>
    public Snapshot? Active => _active;

    /// <summary>All loaded snapshots, in no order.</summary>
    public IReadOnlyCollection<Snapshot> Loaded => [.. _loaded.Values];

    /// <summary>Adds a snapshot and makes it the active one.</summary>
    /// <exception cref="InvalidOperationException">This version is loaded already.</exception>
    public void Activate(Snapshot snapshot)
    {
        if (!_loaded.TryAdd(snapshot.Model.FullVersion, snapshot))
            throw new InvalidOperationException($"Version {snapshot.Model.FullVersion} is loaded already.");
        _active = snapshot;
    }

    /// <summary>The active snapshot for an empty version, otherwise the loaded snapshot of that version; null when there is none.</summary>
    public Snapshot? Find(string version) => version.Length == 0 ? _active : _loaded.GetValueOrDefault(version);
}
