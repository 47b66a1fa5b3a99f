using Inference.Vectors.Search;

namespace Inference.Vectors.Live;

/// <summary>What the next index has that the current one has not.</summary>
/// <remarks>
/// Row r of the next index is, for r in <see cref="Added"/>, the vector given; else, for rows that the current index has and that are not in <see cref="Removed"/>, the
/// current vector; else absent: a row without a vector that no search returns. Holds are the caller's; not changed while the merge runs.
/// </remarks>
internal sealed class IndexChanges
{
    private readonly int[] _removed;
    private readonly int[] _added;
    private readonly Func<int, ReadOnlyMemory<float>> _vector;

    /// <param name="rowCount">Row numbers of the next index; no fewer than the current one has.</param>
    /// <param name="removed">Ascending: rows with a vector in the current index that is deleted or replaced.</param>
    /// <param name="added">Ascending: rows that get a vector. A replaced row is in both.</param>
    /// <param name="vector">The elements for the i-th of <paramref name="added"/>, finite, as many as the dimension.</param>
    public IndexChanges(int rowCount, int[] removed, int[] added, Func<int, ReadOnlyMemory<float>> vector)
    {
        RowCount = rowCount;
        _removed = removed;
        _added = added;
        _vector = vector;
    }

    /// <summary>Row numbers of the next index, 0 … RowCount − 1.</summary>
    public int RowCount { get; }

    /// <summary>Ascending: rows with a vector in the current index that is deleted or replaced.</summary>
    public ReadOnlySpan<int> Removed => _removed;

    /// <summary>Ascending: rows that get a vector.</summary>
    public ReadOnlySpan<int> Added => _added;

    /// <summary>The vector of the i-th of <see cref="Added"/>.</summary>
    public ReadOnlySpan<float> Vector(int i) => _vector(i).Span;

    /// <summary>Ascending: the rows with a vector once the changes are made.</summary>
    public int[] PresentAfter(VectorIndex current)
    {
        RowBits absent = AbsentAfter(current);
        var present = new int[RowCount - absent.Members];
        for (int row = 0, next = 0; next < present.Length; row++)
        {
            if (!absent.Contains(row))
                present[next++] = row;
        }
        return present;
    }

    /// <summary>The rows without a vector once the changes are made.</summary>
    public RowBits AbsentAfter(VectorIndex current)
    {
        var absent = new RowBits(RowCount, current.Absent is { } before ? before.Words : default);
        for (int row = current.Count; row < RowCount; row++)
            absent.Add(row);
        foreach (int row in _removed)
            absent.Add(row);
        foreach (int row in _added)
            absent.Remove(row);
        return absent;
    }
}
