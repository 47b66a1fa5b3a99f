using System.Collections.Concurrent;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// The snapshots that the server holds: one is active, another may take a share of the traffic, and each can be pinned by requests. Safe for concurrent use; asking takes no lock.
/// </summary>
/// <remarks>
/// A request leases a snapshot at its start, so a swap is one reference that changes: requests under way go on with what they have, later ones get the new one, and none is answered
/// from two. Who takes a snapshot out disposes it when its last lease has ended.
/// </remarks>
public sealed class SnapshotRegistry
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Snapshot> _loaded = new(StringComparer.Ordinal);
    private volatile TrafficSplit _split = new(null, null, 0);

    /// <summary>The snapshot that answers requests that pin none; null until one is activated. For looking at: who answers from it leases it.</summary>
    public Snapshot? Active => _split.Active;

    /// <summary>Who gets which share of the requests that pin no version.</summary>
    public TrafficSplit Split => _split;

    /// <summary>All loaded snapshots, in no order. For looking at, as <see cref="Active"/>.</summary>
    public IReadOnlyCollection<Snapshot> Loaded => [.. _loaded.Values];

    /// <summary>Leases the active snapshot for an empty version, otherwise the loaded one of that version; null when there is none.</summary>
    public SnapshotLease? Acquire(string version)
    {
        while (true)
        {
            Snapshot? snapshot = version.Length == 0 ? _split.Active : _loaded.GetValueOrDefault(version);
            if (snapshot is null)
                return null;
            // It may have been replaced and let go since it was looked up: then there is another one, or none.
            if (snapshot.TryHold())
                return new SnapshotLease(snapshot);
        }
    }

    /// <summary>Leases the snapshot that answers a request: the pinned version, or the one that the split gives it.</summary>
    /// <param name="version">Pinned version; empty for none.</param>
    /// <param name="key">What decides its share of the traffic: the same key gets the same version as long as the split stays.</param>
    public SnapshotLease? Acquire(string version, string key)
    {
        if (version.Length == 0 && _split.Of(key) is { } canary && canary.TryHold())
            return new SnapshotLease(canary);
        return Acquire(version);
    }

    /// <summary>Takes in a snapshot, which can be pinned from now on.</summary>
    /// <exception cref="InvalidOperationException">This version is loaded already.</exception>
    public void Add(Snapshot snapshot)
    {
        if (!_loaded.TryAdd(snapshot.Model.FullVersion, snapshot))
            throw new InvalidOperationException($"Version {snapshot.Model.FullVersion} is loaded already.");
    }

    /// <summary>Makes a snapshot the active one, and takes it in where it is new. It no longer has a share of its own.</summary>
    /// <exception cref="InvalidOperationException">Another snapshot of this version is loaded.</exception>
    public void Activate(Snapshot snapshot)
    {
        lock (_gate)
        {
            if (_loaded.GetOrAdd(snapshot.Model.FullVersion, snapshot) != snapshot)
                throw new InvalidOperationException($"Version {snapshot.Model.FullVersion} is loaded already.");
            _split = _split.Canary == snapshot ? new TrafficSplit(snapshot, null, 0) : _split with { Active = snapshot };
        }
    }

    /// <summary>Gives a loaded snapshot a share of the requests that pin none; null takes it back.</summary>
    /// <param name="share">0 to 1.</param>
    /// <exception cref="InvalidOperationException">The snapshot is not loaded, or is the active one.</exception>
    public void SetCanary(Snapshot? snapshot, double share)
    {
        if (!(share >= 0 && share <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share is from 0 to 1.");
        lock (_gate)
        {
            if (snapshot is not null && (snapshot == _split.Active || _loaded.GetValueOrDefault(snapshot.Model.FullVersion) != snapshot))
                throw new InvalidOperationException($"Version {snapshot.Model.FullVersion} is the active one or not loaded.");
            _split = _split with { Canary = snapshot, CanaryShare = snapshot is null ? 0 : share };
        }
    }

    /// <summary>Takes a snapshot out: nobody gets it any more.</summary>
    /// <returns>Ends with its last lease; then the caller, and nobody else, disposes it.</returns>
    /// <exception cref="InvalidOperationException">It is the active one, or not loaded.</exception>
    public Task Remove(Snapshot snapshot)
    {
        lock (_gate)
        {
            if (snapshot == _split.Active)
                throw new InvalidOperationException($"Version {snapshot.Model.FullVersion} is the active one.");
            if (!_loaded.TryRemove(KeyValuePair.Create(snapshot.Model.FullVersion, snapshot)))
                throw new InvalidOperationException($"Version {snapshot.Model.FullVersion} is not loaded.");
            if (_split.Canary == snapshot)
                _split = _split with { Canary = null, CanaryShare = 0 };
        }

        snapshot.Retire();
        snapshot.Release();
        return snapshot.Unused;
    }

    /// <summary>Takes all snapshots out, the active one too: the server ends.</summary>
    /// <returns>What was there; each ends its <see cref="Snapshot.Unused"/> with its last lease.</returns>
    public IReadOnlyList<Snapshot> Clear()
    {
        lock (_gate)
        {
            Snapshot[] all = [.. _loaded.Values];
            _split = new TrafficSplit(null, null, 0);
            _loaded.Clear();
            foreach (Snapshot snapshot in all)
            {
                snapshot.Retire();
                snapshot.Release();
            }

            return all;
        }
    }
}
