using System.Numerics;

namespace Inference.Vectors.Search;

/// <summary>Rows as a bitmap that grows towards more members while searches read it: what an index itself hides from all its searches.</summary>
/// <param name="rowCount">Rows: members lie in 0 … rowCount − 1.</param>
internal sealed class RowBits(int rowCount)
{
    private readonly ulong[] _words = new ulong[LengthFor(rowCount)];
    private int _members;

    /// <summary>Copies words, as many as there are and are needed; their bits from <paramref name="rowCount"/> on are zero.</summary>
    public RowBits(int rowCount, ReadOnlySpan<ulong> words)
        : this(rowCount)
    {
        words[..Math.Min(words.Length, _words.Length)].CopyTo(_words);
        foreach (ulong word in _words)
            _members += BitOperations.PopCount(word);
    }

    public int RowCount => rowCount;

    /// <summary>Row r is bit r mod 64 of word r ∕ 64.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>Words for so many rows.</summary>
    public static int LengthFor(int rows) => (int)(((long)rows + 63) / 64);

    /// <summary>Members. While others add some, these may not be counted yet.</summary>
    public int Members => Volatile.Read(ref _members);

    /// <summary>Whether a row is a member; false for rows that do not exist.</summary>
    public bool Contains(int row) => (uint)row < (uint)rowCount && (Volatile.Read(ref _words[row >> 6]) & (1UL << row)) != 0;

    /// <summary>Adds a row, whatever other threads do; a row that does not exist is ignored. A full fence.</summary>
    public void Add(int row)
    {
        if ((uint)row < (uint)rowCount && (Interlocked.Or(ref _words[row >> 6], 1UL << row) & (1UL << row)) == 0)
            Interlocked.Increment(ref _members);
    }

    /// <summary>Removes a row, whatever other threads do; a row that does not exist is ignored.</summary>
    public void Remove(int row)
    {
        if ((uint)row < (uint)rowCount && (Interlocked.And(ref _words[row >> 6], ~(1UL << row)) & (1UL << row)) != 0)
            Interlocked.Decrement(ref _members);
    }
}
