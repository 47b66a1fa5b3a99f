namespace Inference.Recommendations.Snapshots;

/// <summary>Which rows of a catalogue hold an item, at one moment. Immutable.</summary>
public sealed class CatalogueRows
{
    private static ulong _moments;

    private readonly ulong[] _deleted;

    internal CatalogueRows(int rowCount, int count, ulong[] deleted)
    {
        RowCount = rowCount;
        Count = count;
        _deleted = deleted;
        Moment = Interlocked.Increment(ref _moments);
    }

    /// <summary>Names this moment among all of all catalogues of the process: who keeps what it found out of one need not hold on to it.</summary>
    internal ulong Moment { get; }

    /// <summary>Rows that were ever used: 0 to RowCount - 1.</summary>
    public int RowCount { get; }

    /// <summary>Rows with an item.</summary>
    public int Count { get; }

    /// <summary>Rows without an item any more: row r is bit r mod 64 of word r ∕ 64. Rows behind the last word have theirs.</summary>
    public ReadOnlySpan<ulong> Deleted => _deleted;

    /// <summary>Whether a row holds an item; false for rows that do not exist.</summary>
    public bool Contains(int row) => (uint)row < (uint)RowCount && (row >> 6 >= _deleted.Length || (_deleted[row >> 6] & (1UL << row)) == 0);

    /// <summary>Takes rows without an item out of a set: bit by bit, as <see cref="Deleted"/>.</summary>
    /// <param name="first">Which word of all the first one is.</param>
    internal void KeepItems(int first, Span<ulong> words)
    {
        for (int i = 0; i < words.Length && first + i < _deleted.Length; i++)
            words[i] &= ~_deleted[first + i];
    }

    /// <summary>The moment after rows were added behind the last one, and others taken away or brought back.</summary>
    internal CatalogueRows With(int added, ReadOnlySpan<int> deleted, ReadOnlySpan<int> restored)
    {
        ulong[] words = _deleted;
        if (!deleted.IsEmpty || !restored.IsEmpty)
        {
            int last = -1;
            foreach (int row in deleted)
                last = Math.Max(last, row);
            words = new ulong[Math.Max(_deleted.Length, (last >> 6) + 1)];
            _deleted.CopyTo(words, 0);
            foreach (int row in deleted)
                words[row >> 6] |= 1UL << row;
            foreach (int row in restored)
                words[row >> 6] &= ~(1UL << row);
        }

        return new CatalogueRows(RowCount + added, Count + added - deleted.Length + restored.Length, words);
    }
}
