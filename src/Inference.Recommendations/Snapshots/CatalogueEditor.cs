using System.Collections.Concurrent;
using Inference.Recommendations.Ports;
using Inference.Vectors;

namespace Inference.Recommendations.Snapshots;

/// <summary>Changes the catalogue and the index of one snapshot while both are read. Callers come one at a time; further ones wait.</summary>
/// <remarks>
/// <list type="number">
/// <item>Changes that are not newer than what the snapshot has are left out, so changes may come twice and in any order.</item>
/// <item>Deletions: the catalogue no longer holds the items, in one step; then their vectors go. Whoever begins in between is told by the catalogue.</item>
/// <item>New and replaced items: content, then vectors; then the catalogue holds them all, in one step. Whoever finds a vector in between finds its id and title as well.</item>
/// </list>
/// </remarks>
public sealed class CatalogueEditor
{
    /// <summary>Versions are microseconds since 1970, or at least that; those beyond the year 9000 are no times.</summary>
    private const long MostMicroseconds = 220_000_000_000_000_000;

    private readonly Lock _lock = new();
    private readonly ItemCatalogue _items;
    private readonly LiveIndex _index;
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly MovedRows _moved = new();
    private readonly ConcurrentDictionary<int, long> _addedAt = new();

    internal CatalogueEditor(ItemCatalogue items, LiveIndex index)
    {
        _items = items;
        _index = index;
    }

    /// <summary>Is told of each row whose vector changed; null where the index alone is searched.</summary>
    internal IDeviceSearch? DeviceSearch { get; set; }

    /// <summary>Whether somebody reads <see cref="MovedRows"/>; otherwise they are not kept. Set before the first change.</summary>
    internal bool KeepsMovedRows { get; set; }

    /// <summary>Rows of the bundle whose vector is no longer the bundle's, each once.</summary>
    internal ReadOnlySpan<int> MovedRows => _moved.Rows;

    /// <summary>When a row that the bundle did not bring was added, by the version of the change that did it; null for others, and where that is no time. After a restart it is the time of the latest change.</summary>
    internal DateTimeOffset? AddedAt(int row) =>
        _addedAt.TryGetValue(row, out long version) && version is > 0 and < MostMicroseconds ? DateTimeOffset.UnixEpoch.AddMicroseconds(version) : null;

    /// <summary>Whether a change is newer than what the snapshot has of the item.</summary>
    public bool IsNews(string itemId, long version)
    {
        lock (_lock)
            return version > _versions.GetValueOrDefault(itemId);
    }

    /// <summary>Makes changes. Who calls <see cref="Snapshot.Items"/> or searches <see cref="Snapshot.Index"/> afterwards sees them.</summary>
    /// <param name="changes">With versions; where an item is there twice, the later counts.</param>
    /// <param name="vectors">Embeddings of the changes that have content, in their order, row by row; finite.</param>
    /// <exception cref="ArgumentException">The vectors do not fit; nothing is changed.</exception>
    /// <exception cref="ObjectDisposedException">The snapshot is disposed; some of the changes may have been made.</exception>
    public CatalogueEdit Apply(IReadOnlyList<ItemChange> changes, ReadOnlySpan<float> vectors)
    {
        int upserts = changes.Count(change => change.Content is not null);
        if (vectors.Length != (long)upserts * _index.Dimension)
            throw new ArgumentException($"{vectors.Length} numbers for {upserts} items of {_index.Dimension} dimensions.", nameof(vectors));
        lock (_lock)
        {
            CatalogueEdit deleted = Delete(changes);
            return deleted + Upsert(changes, vectors);
        }
    }

    private CatalogueEdit Delete(IReadOnlyList<ItemChange> changes)
    {
        var rows = new HashSet<int>();
        int superseded = 0;
        CatalogueRows now = _items.Rows;
        foreach (ItemChange change in changes)
        {
            if (change.Content is not null)
                continue;
            if (!TakeVersion(change) || !_items.TryGetRow(change.ItemId, now, out int row) || !rows.Add(row))
                superseded++;
        }

        if (rows.Count > 0)
        {
            _items.Publish(0, [.. rows], []);
            foreach (int row in rows)
            {
                _index.Delete(row);
                DeviceSearch?.RowChanged(row);
            }
        }

        return new CatalogueEdit(0, 0, rows.Count, superseded);
    }

    private CatalogueEdit Upsert(IReadOnlyList<ItemChange> changes, ReadOnlySpan<float> vectors)
    {
        CatalogueRows now = _items.Rows;
        var restored = new HashSet<int>();
        var reserved = new HashSet<int>();
        int updated = 0, superseded = 0, place = 0;
        try
        {
            foreach (ItemChange change in changes)
            {
                if (change.Content is null)
                    continue;
                ReadOnlySpan<float> vector = vectors.Slice(place++ * _index.Dimension, _index.Dimension);
                if (!TakeVersion(change))
                {
                    superseded++;
                    continue;
                }

                if (!_items.TryFindRow(change.ItemId, out int row))
                {
                    _items.Reserve(row = now.RowCount + reserved.Count, change.ItemId);
                    reserved.Add(row);
                    _addedAt[row] = change.Version;
                }
                else if (now.Contains(row) || reserved.Contains(row) || !restored.Add(row))
                {
                    updated++;
                }

                _items.SetContent(row, change.Content);
                // Before its vector changes: whoever takes the bundle's vector for one that has not moved is never wrong.
                if (KeepsMovedRows && row < _items.BundleRows)
                    _moved.Add(row);
                _index.Upsert(row, vector);
                DeviceSearch?.RowChanged(row);
            }
        }
        finally
        {
            if (reserved.Count + restored.Count > 0)
                _items.Publish(reserved.Count, [], [.. restored]);
        }

        return new CatalogueEdit(reserved.Count + restored.Count, updated, 0, superseded);
    }

    private bool TakeVersion(ItemChange change)
    {
        if (change.Version <= _versions.GetValueOrDefault(change.ItemId))
            return false;
        _versions[change.ItemId] = change.Version;
        return true;
    }
}
