namespace Inference.Training.Linear;

/// <summary>Sums up one sparse row at a time, with scratch of the length of the catalogue. One thread.</summary>
internal sealed class RowAccumulator(int items)
{
    /// <summary>A row with more than one in so many columns is put in order by looking through all of them, not by sorting.</summary>
    private const int SearchShare = 16;

    private readonly float[] _sums = new float[items];
    private readonly int[] _touched = new int[items];
    private readonly int[] _sorted = new int[items];
    private int _count;

    public void Add(int column, float value)
    {
        ref float sum = ref _sums[column];
        if (sum == 0)
            _touched[_count++] = column;
        sum += value;
    }

    /// <summary>Takes the row, columns ascending, and starts the next one.</summary>
    /// <param name="without">A column that is dropped; -1 for none.</param>
    /// <param name="limit">Most entries; of more, the largest are kept, of equal ones the lower columns.</param>
    public (int[] Columns, float[] Values) Take(int without, int limit)
    {
        int[] columns = _count > _sums.Length / SearchShare ? Scan(without) : Gather(without);
        if (columns.Length > limit)
            columns = Largest(columns, limit);
        float[] values = new float[columns.Length];
        for (int i = 0; i < columns.Length; i++)
            values[i] = _sums[columns[i]];
        foreach (int column in _touched.AsSpan(0, _count))
            _sums[column] = 0;
        _count = 0;
        return (columns, values);
    }

    private int[] Gather(int without)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_touched[i] != without)
                _sorted[kept++] = _touched[i];
        }

        int[] columns = _sorted.AsSpan(0, kept).ToArray();
        Array.Sort(columns);
        return columns;
    }

    private int[] Scan(int without)
    {
        int kept = 0;
        for (int column = 0; column < _sums.Length; column++)
        {
            if (_sums[column] != 0 && column != without)
                _sorted[kept++] = column;
        }

        return _sorted.AsSpan(0, kept).ToArray();
    }

    private int[] Largest(int[] columns, int limit)
    {
        int[] order = (int[])columns.Clone();
        // Array.Sort does not keep the order of equal keys: the column goes into the comparison.
        Array.Sort(order, (x, y) => _sums[x] != _sums[y] ? _sums[y].CompareTo(_sums[x]) : x.CompareTo(y));
        int[] largest = order[..limit];
        Array.Sort(largest);
        return largest;
    }
}
