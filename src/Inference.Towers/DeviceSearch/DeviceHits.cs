using System.Buffers;
using Inference.Vectors;

namespace Inference.Towers.DeviceSearch;

/// <summary>What the device found for a query, and how it becomes the answer.</summary>
/// <remarks>
/// <list type="number">
/// <item>its rows, less those that have changed since the matrix was made and those that are denied</item>
/// <item>the changed ones, less the denied, for nobody but the index knows where they lie now</item>
/// <item>the index's scores for all of them; a row that is gone has none</item>
/// <item>the best of these, if that is certain: enough are left, and no row that the device did not hand over can be better than the last one</item>
/// </list>
/// </remarks>
internal sealed class DeviceHits
{
    private readonly int[] _rows;
    private int _found;
    private float _last;
    private DeviceMatrix? _matrix;

    /// <param name="most">Rows that the device may hand over.</param>
    public DeviceHits(int most) => _rows = ArrayPool<int>.Shared.Rent(most);

    /// <summary>Takes the answer of a query out of the buffers of a run.</summary>
    public void Take(DeviceMatrix matrix, int place, int given)
    {
        given = Math.Min(given, _rows.Length);
        ReadOnlySpan<long> places = matrix.Places(place);
        for (int i = 0; i < given; i++)
            _rows[i] = matrix.Vectors.RowOf((int)places[i]);
        _found = given;
        _last = matrix.Scores(place)[given - 1];
        _matrix = matrix;
    }

    /// <summary>Makes the answer; once, after <see cref="Take"/>.</summary>
    /// <param name="index">Knows the vectors of this moment.</param>
    /// <param name="query">As the caller gave it.</param>
    /// <param name="results">As many as are wanted.</param>
    /// <param name="filter">Which rows are eligible; has no allow set.</param>
    /// <returns>How many were written; -1 when the answer is not certain, and the index has to find it.</returns>
    public int Merge(LiveIndex index, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter)
    {
        DeviceMatrix matrix = _matrix!;
        // The rows first: a set that becomes full later had all of them now.
        ReadOnlySpan<int> changed = matrix.Changed.Rows;
        if (matrix.Changed.IsFull || !float.IsFinite(_last))
            return -1;
        int most = _found + changed.Length;
        int[] rows = ArrayPool<int>.Shared.Rent(most);
        float[] scores = ArrayPool<float>.Shared.Rent(most);
        try
        {
            int count = 0;
            foreach (int row in _rows.AsSpan(0, _found))
            {
                if (changed.BinarySearch(row) < 0 && !IsDenied(filter, row))
                    rows[count++] = row;
            }

            int unchanged = count;
            foreach (int row in changed)
            {
                if (!IsDenied(filter, row))
                    rows[count++] = row;
            }

            index.Score(query, rows.AsSpan(0, count), scores);
            int found = Best(rows.AsSpan(0, count), scores.AsSpan(0, count), results);
            if (_found == matrix.Vectors.Count)
                return found;
            if (unchanged < results.Length)
                return -1;
            // Halves choose the candidates and say nothing for certain: the margin is all there is.
            return !matrix.IsProven || (found == results.Length && results[found - 1].Score > matrix.Vectors.BestUnseen(query, _last)) ? found : -1;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rows);
            ArrayPool<float>.Shared.Return(scores);
        }
    }

    /// <summary>Gives the memory back; not where the device may still write to it.</summary>
    public void Release() => ArrayPool<int>.Shared.Return(_rows);

    private static bool IsDenied(RowFilter filter, int row) => filter.Denied is { } denied && denied.Contains(row);

    /// <summary>Writes the best ones, best first; equal scores by ascending row. Rows without a score are left out.</summary>
    private static int Best(ReadOnlySpan<int> rows, Span<float> scores, Span<Neighbor> results)
    {
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(rows.Length);
        try
        {
            int count = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                if (float.IsNaN(scores[i]))
                    continue;
                keys[count] = ((ulong)Order(scores[i]) << 32) | (uint)rows[i];
                scores[count++] = scores[i];
            }

            keys.AsSpan(0, count).Sort(scores[..count]);
            int found = Math.Min(count, results.Length);
            for (int i = 0; i < found; i++)
                results[i] = new Neighbor((int)keys[i], scores[i]);
            return found;
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(keys);
        }
    }

    /// <summary>An integer that is smaller for a better score.</summary>
    private static uint Order(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score);
        return (int)bits < 0 ? bits : ~bits & 0x7FFF_FFFF;
    }
}
