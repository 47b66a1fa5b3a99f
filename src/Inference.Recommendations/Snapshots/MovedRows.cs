namespace Inference.Recommendations.Snapshots;

/// <summary>Rows in the order in which they were first added, each once. One writer at a time; readers never wait, and see the rows of one moment.</summary>
internal sealed class MovedRows
{
    private readonly HashSet<int> _known = [];
    private int[] _rows = [];
    private int _count;

    public ReadOnlySpan<int> Rows
    {
        get
        {
            // In this order: a later array holds all that an earlier one did.
            int count = Volatile.Read(ref _count);
            return Volatile.Read(ref _rows).AsSpan(0, count);
        }
    }

    public void Add(int row)
    {
        if (!_known.Add(row))
            return;
        if (_count == _rows.Length)
        {
            int[] longer = new int[Math.Max(16, _count * 2)];
            _rows.CopyTo(longer, 0);
            Volatile.Write(ref _rows, longer);
        }

        _rows[_count] = row;
        Volatile.Write(ref _count, _count + 1);
    }
}
