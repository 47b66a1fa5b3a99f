namespace Inference.Recommendations.Fusion;

/// <summary>The rows of a large catalogue that one request scores: first the fixed sample that scores are standardised over, then what sources propose. Cleaned by what was touched.</summary>
internal sealed class CandidateRows
{
    private int[] _slots = [];
    private int[] _rows = [];
    private int _rowCount;

    /// <summary>The rows by place.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    /// <summary>By row: its place plus 1, or 0.</summary>
    public ReadOnlySpan<int> Slots => _slots.AsSpan(0, _rowCount);

    public int Count { get; private set; }

    /// <summary>Place of a row that is here.</summary>
    public int PlaceOf(int row) => _slots[row] - 1;

    /// <summary>Begins with the sample.</summary>
    public void Begin(int rowCount, ReadOnlySpan<int> sample)
    {
        Clear();
        if (_slots.Length < rowCount)
            _slots = new int[rowCount];
        _rowCount = rowCount;
        foreach (int row in sample)
            Place(row);
    }

    /// <summary>Adds a row of the bundle, once. Whether it may be shown is asked when places are filled: rows that may not still count for means and deviations.</summary>
    public void Add(int row)
    {
        if ((uint)row < (uint)_rowCount && _slots[row] == 0)
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
    }
}
