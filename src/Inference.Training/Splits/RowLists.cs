namespace Inference.Training.Splits;

/// <summary>Lists of item indexes, one per user, in one array (compressed sparse rows). The order within a list is the order of time.</summary>
public sealed class RowLists
{
    private readonly int[] _offsets;
    private readonly int[] _values;

    /// <param name="offsets">Count + 1 places: list r is <c>values[offsets[r] .. offsets[r + 1]]</c>; ascending, from 0 to the length of <paramref name="values"/>.</param>
    /// <param name="values">Item indexes.</param>
    /// <exception cref="ArgumentException">The offsets do not fit the values.</exception>
    public RowLists(int[] offsets, int[] values)
    {
        if (offsets.Length == 0 || offsets[0] != 0 || offsets[^1] != values.Length)
            throw new ArgumentException("Offsets must go from 0 to the number of values.", nameof(offsets));
        _offsets = offsets;
        _values = values;
    }

    /// <summary>Number of lists.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>Number of all values.</summary>
    public int Total => _values.Length;

    /// <summary>All lists, one after another.</summary>
    public ReadOnlySpan<int> Values => _values;

    /// <summary>Where the lists begin and end in <see cref="Values"/>.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    public ReadOnlySpan<int> this[int row] => _values.AsSpan(_offsets[row], _offsets[row + 1] - _offsets[row]);

    /// <summary>One list, for what outlives a call.</summary>
    public ReadOnlyMemory<int> Slice(int row) => _values.AsMemory(_offsets[row], _offsets[row + 1] - _offsets[row]);

    /// <summary>Where groups begin and end in a counting sort: count + 1 places.</summary>
    /// <param name="keys">The group of each entry; those from <paramref name="count"/> on are left out.</param>
    /// <param name="count">Number of groups.</param>
    internal static int[] OffsetsOf(ReadOnlySpan<int> keys, int count)
    {
        int[] offsets = new int[count + 1];
        foreach (int key in keys)
        {
            if (key < count)
                offsets[key + 1]++;
        }

        for (int key = 0; key < count; key++)
            offsets[key + 1] += offsets[key];
        return offsets;
    }

    public static RowLists Of(IReadOnlyList<IReadOnlyList<int>> lists)
    {
        int[] offsets = new int[lists.Count + 1];
        for (int row = 0; row < lists.Count; row++)
            offsets[row + 1] = offsets[row] + lists[row].Count;
        int[] values = new int[offsets[^1]];
        for (int row = 0; row < lists.Count; row++)
        {
            for (int i = 0; i < lists[row].Count; i++)
                values[offsets[row] + i] = lists[row][i];
        }

        return new RowLists(offsets, values);
    }
}
