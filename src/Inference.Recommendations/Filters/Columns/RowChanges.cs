namespace Inference.Recommendations.Filters.Columns;

/// <summary>The rows that changed last, in the order in which they did. One writer; the number of changes may be read by anybody.</summary>
internal sealed class RowChanges
{
    /// <summary>Changes that are known.</summary>
    public const int Kept = 1 << 14;

    private readonly int[] _rows = new int[Kept];
    private long _count;

    /// <summary>Changes so far.</summary>
    public long Count => Volatile.Read(ref _count);

    public void Add(int row)
    {
        _rows[_count & (Kept - 1)] = row;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Whether all rows that changed after so many changes are still known.</summary>
    public bool Knows(long count) => _count - count <= Kept;

    /// <summary>The row of a change, 0 to Count - 1.</summary>
    public int this[long change] => _rows[change & (Kept - 1)];
}
