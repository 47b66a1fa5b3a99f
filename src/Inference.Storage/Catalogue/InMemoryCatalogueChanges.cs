using Inference.Recommendations.Ports;

namespace Inference.Storage.Catalogue;

/// <summary>Changes kept for the life of the process: they outlive the bundle that is served, and end with the server.</summary>
public sealed class InMemoryCatalogueChanges(TimeProvider time) : ICatalogueChanges
{
    private readonly KeptChanges _kept = new();
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public int Count => _kept.Count;

    /// <inheritdoc/>
    public IEnumerable<ItemChange> Latest() => _kept.Changes();

    /// <inheritdoc/>
    public ValueTask<long> KeepAsync(IReadOnlyList<ItemChange> changes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        byte[][] bodies = [.. changes.Select(change => ItemRecord.Body(change.ItemId, change.Content))];
        lock (_lock)
        {
            long version = Math.Max(_kept.Highest + 1, Versions.At(time.GetUtcNow()));
            for (int i = 0; i < bodies.Length; i++)
                _kept.TryPut(changes[i].ItemId, version, bodies[i]);
            return new(version);
        }
    }

    /// <summary>Nobody else changes anything.</summary>
    public Task StartAsync(Func<IReadOnlyList<ItemChange>, Task> arrived) => Task.CompletedTask;
}
