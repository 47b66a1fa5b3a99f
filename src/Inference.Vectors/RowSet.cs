using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Vectors;

/// <summary>A set of rows as a bitmap whose words come from a pool: what one request excludes or allows.</summary>
/// <remarks>
/// Rent, fill, search, dispose. Filling is not thread-safe; reading is. While few words are touched, which ones is noted behind the last word, and only they are cleared when the set is given back; otherwise that costs one bit a row of the catalogue.
/// 40 bytes of garbage.
/// </remarks>
public sealed class RowSet : IDisposable
{
    /// <summary>Most words that are noted.</summary>
    private const int NotedWords = 128;

    /// <summary>Most members of a bitmap that are looked at one by one for the signature.</summary>
    private const int SignedMembers = 256;

    /// <summary>The bitmap, behind it the places of the words that are not zero, as far as they are noted, and last the signature.</summary>
    private ulong[]? _words;

    /// <summary>Words that are noted; beyond <see cref="NotedWords"/> any may be touched.</summary>
    private int _noted;

    private RowSet(int rowCount)
    {
        RowCount = rowCount;
        _words = ZeroedWords.Shared.Take(WordCount + NotedWords + RowSignature.Words);
    }

    /// <summary>Rows of the catalogue: members lie in 0 … RowCount − 1.</summary>
    public int RowCount { get; }

    /// <summary>Members.</summary>
    public int Count { get; private set; }

    /// <summary>Row r is bit r mod 64 of word r ∕ 64; bits from <see cref="RowCount"/> on are zero.</summary>
    internal ReadOnlySpan<ulong> Words => Rented.AsSpan(0, WordCount);

    /// <summary>Of the members, and perhaps of others that were. Of sets made from the bitmap of more than a few it says "perhaps" of all rows.</summary>
    internal ref readonly RowSignature Signature => ref SignatureOf(Rented);

    private int WordCount => (int)(((uint)RowCount + 63) / 64);

    private ulong[] Rented => _words ?? throw new ObjectDisposedException(nameof(RowSet));

    /// <summary>An empty set over <paramref name="rowCount"/> rows. Dispose it to give its words back.</summary>
    public static RowSet Rent(int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        return new RowSet(rowCount);
    }

    /// <summary>A set that begins with the members of a bitmap.</summary>
    /// <param name="rowCount">Rows of the catalogue.</param>
    /// <param name="members">Row r is bit r mod 64 of word r ∕ 64. Rows behind the last word are no members; words and bits behind the last row are left out.</param>
    public static RowSet Rent(int rowCount, ReadOnlySpan<ulong> members)
    {
        RowSet set = Rent(rowCount);
        Span<ulong> words = set.Rented.AsSpan(0, set.WordCount);
        members = members[..Math.Min(members.Length, words.Length)];
        for (int place = 0; place < members.Length; place++)
        {
            ulong word = members[place];
            if (place == words.Length - 1 && rowCount % 64 != 0)
                word &= ulong.MaxValue >> (64 - rowCount % 64);
            if (word == 0)
                continue;
            set.Note(place);
            words[place] = word;
            set.Count += BitOperations.PopCount(word);
            for (ref RowSignature signature = ref set.SignatureOf(set.Rented); word != 0 && set.Count <= SignedMembers; word &= word - 1)
                signature.Add((place << 6) + BitOperations.TrailingZeroCount(word));
        }

        if (set.Count > SignedMembers)
            set.SignatureOf(set.Rented).Fill();
        return set;
    }

    /// <summary>A set of its own with the same members.</summary>
    public RowSet Copy()
    {
        var copy = new RowSet(RowCount) { Count = Count, _noted = NotedWords + 1 };
        Words.CopyTo(copy.Rented);
        copy.SignatureOf(copy.Rented) = Signature;
        return copy;
    }

    /// <summary>Adds a row; false if it was a member.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public bool Add(int row)
    {
        ref ulong word = ref WordOf(row);
        ulong bit = 1UL << row;
        if ((word & bit) != 0)
            return false;
        if (word == 0)
            Note(row >> 6);
        word |= bit;
        SignatureOf(Rented).Add(row);
        Count++;
        return true;
    }

    /// <summary>Adds rows; members and repetitions are fine.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row; those before it are added.</exception>
    public void AddRange(ReadOnlySpan<int> rows)
    {
        foreach (int row in rows)
            Add(row);
    }

    /// <summary>Removes a row; false if it was no member.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    public bool Remove(int row)
    {
        ref ulong word = ref WordOf(row);
        ulong bit = 1UL << row;
        if ((word & bit) == 0)
            return false;
        word &= ~bit;
        Count--;
        return true;
    }

    /// <summary>Whether a row is a member; false for rows that do not exist.</summary>
    public bool Contains(int row) => (uint)row < (uint)RowCount && (Rented[row >> 6] & (1UL << row)) != 0;

    /// <summary>The first member from a row on; −1 where there is none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row is negative.</exception>
    public int NextFrom(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        if (row >= RowCount)
            return -1;
        ReadOnlySpan<ulong> words = Words;
        int place = row >> 6;
        ulong word = words[place] & (ulong.MaxValue << row);
        while (word == 0)
        {
            if (++place == words.Length)
                return -1;
            word = words[place];
        }

        return (place << 6) + BitOperations.TrailingZeroCount(word);
    }

    /// <summary>Copies the members as a bitmap: row r is bit r mod 64 of word r ∕ 64.</summary>
    /// <returns>Words that were written: one for 64 rows.</returns>
    /// <exception cref="ArgumentException">There is no room for them.</exception>
    public int CopyTo(Span<ulong> words)
    {
        Words.CopyTo(words);
        return WordCount;
    }

    /// <summary>Members that are not in another set: one pass over the words, 64 rows each. Where a set is over more rows than the other, for the catalogue grew in between, those are not counted.</summary>
    /// <param name="other">The other set.</param>
    /// <param name="enough">The count may stop once there are so many.</param>
    public int CountOutside(RowSet other, int enough = int.MaxValue)
    {
        int rows = Math.Min(RowCount, other.RowCount);
        ReadOnlySpan<ulong> own = Words, others = other.Words;
        int count = 0;
        for (int i = 0; i < rows / 64 && count < enough; i++)
            count += BitOperations.PopCount(own[i] & ~others[i]);
        if (rows % 64 != 0)
            count += BitOperations.PopCount(own[rows / 64] & ~others[rows / 64] & (ulong.MaxValue >> (64 - rows % 64)));
        return count;
    }

    /// <summary>Removes all.</summary>
    public void Clear()
    {
        Clear(Rented);
        Count = 0;
    }

    /// <summary>Gives the words back to the pool. A second call does nothing; any other use after it throws.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _words, null) is not { } words)
            return;
        Clear(words);
        ZeroedWords.Shared.Return(words);
    }

    private void Note(int place)
    {
        if (_noted < NotedWords)
            Rented[WordCount + _noted] = (ulong)place;
        // One more says that not all are noted; a word that was emptied and filled again is there twice.
        _noted = Math.Min(_noted + 1, NotedWords + 1);
    }

    private ref RowSignature SignatureOf(ulong[] words) => ref MemoryMarshal.AsRef<RowSignature>(MemoryMarshal.AsBytes(words.AsSpan(WordCount + NotedWords, RowSignature.Words)));

    /// <summary>Makes all zero, the notes and the signature too: the next set may be over more rows and have words where they lie.</summary>
    private void Clear(ulong[] words)
    {
        SignatureOf(words) = default;
        if (_noted > NotedWords)
        {
            words.AsSpan(0, WordCount + NotedWords).Clear();
        }
        else
        {
            Span<ulong> notes = words.AsSpan(WordCount, _noted);
            foreach (ulong place in notes)
                words[place] = 0;
            notes.Clear();
        }

        _noted = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ulong WordOf(int row)
    {
        if ((uint)row >= (uint)RowCount)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The set is over {RowCount} rows.");
        return ref Rented[row >> 6];
    }
}
