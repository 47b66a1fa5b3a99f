namespace Inference.Recommendations.Snapshots;

/// <summary>
/// Keeps a snapshot whole while somebody answers from it. Dispose it once, at the end of the request: the last lease of a snapshot that was taken out of the registry lets it go.
/// Copies are the same lease.
/// </summary>
/// <param name="snapshot">Held already; see <see cref="SnapshotRegistry.Acquire(string)"/>.</param>
public readonly struct SnapshotLease(Snapshot snapshot) : IDisposable
{
    public Snapshot Snapshot { get; } = snapshot;

    public void Dispose() => Snapshot.Release();
}
