namespace Inference.Towers.DeviceSearch;

/// <summary>The rows that changed since a matrix was made. Grows only; any thread may add, any may read. A reader sees at least what was added before it looked.</summary>
/// <param name="most">Above so many it holds none any more and is <see cref="IsFull"/>: the matrix has to be made anew.</param>
internal sealed class ChangedRows(int most)
{
    private readonly Lock _lock = new();
    private int[] _rows = [];
    private bool _isFull;

    /// <summary>Whether there were too many to keep.</summary>
    public bool IsFull => Volatile.Read(ref _isFull);

    /// <summary>The rows at this moment, ascending, none twice. Never written again; copied by each addition, which costs less than a search that has to sort.</summary>
    public ReadOnlySpan<int> Rows => Volatile.Read(ref _rows);

    /// <summary>Adds a row.</summary>
    /// <returns>How many there are now.</returns>
    public int Add(int row)
    {
        lock (_lock)
        {
            int place = Array.BinarySearch(_rows, row);
            if (_isFull || place >= 0)
                return _rows.Length;
            if (_rows.Length == most)
            {
                Volatile.Write(ref _isFull, true);
                return _rows.Length;
            }

            int[] next = new int[_rows.Length + 1];
            _rows.AsSpan(0, ~place).CopyTo(next);
            next[~place] = row;
            _rows.AsSpan(~place).CopyTo(next.AsSpan(~place + 1));
            Volatile.Write(ref _rows, next);
            return next.Length;
        }
    }
}
