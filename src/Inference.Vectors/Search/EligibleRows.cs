using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inference.Vectors.Search;

/// <summary>What one search of an index may return: the caller's filter, less what is superseded by later changes, less rows that have no vector.</summary>
/// <remarks>
/// The one place where the sets come together, so that every kind of index treats them alike. A set of the caller over fewer rows than the index (a live index
/// grows) says nothing about the rows behind it: these are not allowed by an allow set and not denied by a deny set.
/// </remarks>
internal readonly ref struct EligibleRows
{
    private readonly ReadOnlySpan<ulong> _allowed;
    private readonly ReadOnlySpan<ulong> _denied;
    private readonly ReadOnlySpan<ulong> _hidden;
    private readonly ReadOnlySpan<ulong> _absent;
    private readonly int _count;
    private readonly bool _hasAllowed;

    /// <param name="filter">The caller's, with what is superseded.</param>
    /// <param name="absent">Rows of the index without a vector; null for none.</param>
    /// <param name="count">Rows of the index.</param>
    public EligibleRows(RowFilter filter, RowBits? absent, int count)
    {
        _hasAllowed = filter.Allowed is not null;
        _allowed = filter.Allowed is { } allowed ? allowed.Words : default;
        _denied = filter.Denied is { } denied ? denied.Words : default;
        _hidden = filter.Hidden is { } hidden ? hidden.Words : default;
        _absent = absent is null ? default : absent.Words;
        _count = count;
    }

    /// <summary>Whether all rows are eligible, so that nobody need ask.</summary>
    public bool IsAll => !_hasAllowed && _denied.IsEmpty && _hidden.IsEmpty && _absent.IsEmpty;

    /// <summary>Words of 64 rows.</summary>
    public int WordCount => (int)(((uint)_count + 63) / 64);

    /// <summary>The eligible ones of rows 64 × <paramref name="word"/> … + 63; bits of rows that do not exist are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Word(int word)
    {
        ulong eligible = word == WordCount - 1 ? ulong.MaxValue >> (WordCount * 64 - _count) : ulong.MaxValue;
        if (_hasAllowed)
            eligible &= word < _allowed.Length ? _allowed[word] : 0;
        if (word < _denied.Length)
            eligible &= ~_denied[word];
        if (word < _hidden.Length)
            eligible &= ~_hidden[word];
        if (word < _absent.Length)
            eligible &= ~_absent[word];
        return eligible;
    }

    /// <summary>Whether a row of the index is eligible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(int row)
    {
        int word = row >> 6;
        ulong bit = 1UL << row;
        return (!_hasAllowed || (word < _allowed.Length && (_allowed[word] & bit) != 0))
            && !(word < _denied.Length && (_denied[word] & bit) != 0)
            && !(word < _hidden.Length && (_hidden[word] & bit) != 0)
            && !(word < _absent.Length && (_absent[word] & bit) != 0);
    }

    /// <summary>How many there are: one walk over the words.</summary>
    public int Count()
    {
        if (IsAll)
            return _count;
        int count = 0;
        for (int word = 0; word < WordCount; word++)
            count += BitOperations.PopCount(Word(word));
        return count;
    }
}
