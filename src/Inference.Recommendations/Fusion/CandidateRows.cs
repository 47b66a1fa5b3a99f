using Inference.Vectors;

namespace Inference.Recommendations.Fusion;

/// <summary>The rows of a large catalogue that one request scores: first the fixed sample that scores are standardised over, then what sources propose. Cleaned by what was touched.</summary>
internal sealed class CandidateRows
{
    private int[] _slots = [];
    private int[] _rows = [];
    private int _rowCount;
    private RowFilter _filter;

    /// <summary>The rows by place.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    /// <summary>By row: its place plus 1, or 0.</summary>
    public ReadOnlySpan<int> Slots => _slots.AsSpan(0, _rowCount);

    public int Count { get; private set; }

    /// <summary>Begins with the sample, which is in whatever the filter says.</summary>
    public void Begin(int rowCount, ReadOnlySpan<int> sample, RowFilter filter)
    {
        Clear();
        if (_slots.Length < rowCount)
            _slots = new int[rowCount];
        _rowCount = rowCount;
        _filter = filter;
        foreach (int row in sample)
            Place(row);
    }

    /// <summary>Adds a row of the bundle that the filter lets through, once.</summary>
    public void Add(int row)
    {
        if ((uint)row >= (uint)_rowCount || _slots[row] != 0)
            return;
        if ((_filter.Allowed is { } allowed && !allowed.Contains(row)) || (_filter.Denied is { } denied && denied.Contains(row)))
            return;
        Place(row);
    }

    private void Place(int row)
    {
        if (Count == _rows.Length)
            Array.Resize(ref _rows, Math.Max(8_192, Count * 2));
        _rows[Count++] = row;
        _slots[row] = Count;
    }

    private void Clear()
    {
        foreach (int row in Rows)
            _slots[row] = 0;
        Count = 0;
        _filter = default;
    }
}
