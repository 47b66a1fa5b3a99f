using System.Buffers;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;

namespace Inference.Recommendations.Pipeline;

/// <summary>The items that a user touched, as rows of one snapshot, latest last: the stored ones, then those of the request.</summary>
internal sealed class History : IDisposable
{
    private int[] _rows = [];
    private int[]? _known;
    private int _knownCount;
    private bool _abandoned;

    public int Count { get; private set; }

    public ReadOnlyMemory<int> Rows => _rows.AsMemory(0, Count);

    /// <summary>The rows that the bundle brought: the towers know no others.</summary>
    public ReadOnlyMemory<int> Known => _known is null ? Rows : _known.AsMemory(0, _knownCount);

    /// <summary>Appends what is stored of a user, without items that the catalogue lacks.</summary>
    public void Append(UserState state, ItemCatalogue items)
    {
        if (state.History.Count == 0)
            return;
        if (state.RowsIn(items) is not { } rows)
        {
            CatalogueRows now = items.Rows;
            Reserve(Count + state.History.Count);
            for (int i = 0; i < state.History.Count; i++)
            {
                if (state.TryGetRow(items, i, now, out int row))
                    Add(row, items.BundleRows);
            }

            return;
        }

        Reserve(Count + rows.Length);
        foreach (int row in rows)
            Add(row, items.BundleRows);
    }

    /// <summary>Appends known items and returns how many are unknown.</summary>
    public int Append(IReadOnlyList<string> itemIds, ItemCatalogue items)
    {
        if (itemIds.Count == 0)
            return 0;
        Reserve(Count + itemIds.Count);
        int unknown = 0;
        for (int i = 0; i < itemIds.Count; i++)
        {
            if (items.TryGetRow(itemIds[i], out int row))
                Add(row, items.BundleRows);
            else
                unknown++;
        }

        return unknown;
    }

    /// <summary>Leaves the rows to the collector: somebody may still read them.</summary>
    public void Abandon() => _abandoned = true;

    public void Dispose()
    {
        if (_rows.Length > 0 && !_abandoned)
            ArrayPool<int>.Shared.Return(_rows);
        _rows = [];
        _known = null;
        Count = 0;
    }

    private void Add(int row, int bundleRows)
    {
        _rows[Count++] = row;
        if (row >= bundleRows && _known is null)
        {
            // Rare: a history has an item that came after the towers were trained.
            _knownCount = Count - 1;
            _known = _rows[.._knownCount];
        }
        else if (row < bundleRows && _known is not null)
        {
            if (_knownCount == _known.Length)
                Array.Resize(ref _known, Math.Max(16, _knownCount * 2));
            _known[_knownCount++] = row;
        }
    }

    private void Reserve(int capacity)
    {
        if (capacity <= _rows.Length)
            return;
        int[] larger = ArrayPool<int>.Shared.Rent(capacity);
        _rows.AsSpan(0, Count).CopyTo(larger);
        if (_rows.Length > 0)
            ArrayPool<int>.Shared.Return(_rows);
        _rows = larger;
    }
}
