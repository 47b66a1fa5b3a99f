namespace Inference.Recommendations.Ports;

/// <summary>Keeps what was changed in the catalogue beside the bundles, so that every snapshot can be brought up to date. Safe for concurrent use.</summary>
public interface ICatalogueChanges
{
    /// <summary>Items of which a change is kept.</summary>
    int Count { get; }

    /// <summary>The latest change of each item that this process knows of, in no order. Changes that come meanwhile may be left out.</summary>
    IEnumerable<ItemChange> Latest();

    /// <summary>Keeps changes, all or none, and gives them one version, which is above that of every change of these items before.</summary>
    /// <param name="changes">Without versions; no two of one item.</param>
    /// <param name="cancellationToken">Gives up waiting; the changes may be kept all the same, and then arrive as others' do.</param>
    /// <returns>The version.</returns>
    /// <exception cref="StoreException">The store could not confirm. Unless the failure is <see cref="StoreFailure.Unavailable"/> the changes may be kept all the same, and then arrive as others' do.</exception>
    ValueTask<long> KeepAsync(IReadOnlyList<ItemChange> changes, CancellationToken cancellationToken);

    /// <summary>Begins to take in what others change. Called once.</summary>
    /// <param name="arrived">Takes changes that this process did not make, and some that it has already; one call at a time. What it throws is logged.</param>
    /// <returns>Ends once everything that the store held has been read; never fails.</returns>
    Task StartAsync(Func<IReadOnlyList<ItemChange>, Task> arrived);
}
