namespace Inference.Recommendations.Filters.Columns;

/// <summary>Short lists by row, behind one another in one array. A list that is replaced by one no longer takes its place; otherwise it goes to the end, and all move together once half the array is unused.</summary>
internal sealed class ListCells<T>
    where T : unmanaged
{
    private int[] _starts = [];
    private int[] _lengths = [];
    private T[] _elements = [];
    private int _used;
    private int _unused;

    public long Bytes => ((long)_starts.Length * 8) + ((long)_elements.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>());

    /// <summary>Elements of all lists.</summary>
    public int Elements => _used - _unused;

    /// <summary>Elements of the lists by row.</summary>
    public ReadOnlySpan<int> Lengths => _lengths;

    /// <summary>The list of a row; empty where it has none.</summary>
    public ReadOnlySpan<T> Of(int row) => _elements.AsSpan(_starts[row], _lengths[row]);

    public void EnsureRows(int rows)
    {
        Array.Resize(ref _starts, rows);
        Array.Resize(ref _lengths, rows);
    }

    public void Clear(int row)
    {
        _unused += _lengths[row];
        _lengths[row] = 0;
    }

    /// <summary>Gives a row a list of so many elements, to be filled by the caller.</summary>
    public Span<T> Set(int row, int length)
    {
        if (length > _lengths[row])
        {
            Clear(row);
            if (_elements.Length - _used < length)
                Grow(length);
            _starts[row] = _used;
            _used += length;
        }
        else
        {
            _unused += _lengths[row] - length;
        }

        _lengths[row] = length;
        return _elements.AsSpan(_starts[row], length);
    }

    private void Grow(int more)
    {
        int kept = _used - _unused;
        T[] elements = new T[Math.Max(64, Math.Max(kept + more, _unused > _used / 2 ? _elements.Length : _elements.Length * 2))];
        int used = 0;
        for (int row = 0; row < _starts.Length; row++)
        {
            Of(row).CopyTo(elements.AsSpan(used));
            _starts[row] = used;
            used += _lengths[row];
        }

        (_elements, _used, _unused) = (elements, used, 0);
    }
}
