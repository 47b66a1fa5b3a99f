namespace Inference.Recommendations.Fusion;

/// <summary>Which rows a source is to score: the whole catalogue, where place and row are one, or some rows of a large one.</summary>
internal readonly ref struct RowsToScore
{
    private readonly ReadOnlySpan<int> _slots;

    /// <param name="count">All rows, 0 to this.</param>
    public RowsToScore(int count) => Count = count;

    /// <param name="rows">The rows by place.</param>
    /// <param name="slots">By row: its place plus 1; 0 for rows that are not to be scored.</param>
    public RowsToScore(ReadOnlySpan<int> rows, ReadOnlySpan<int> slots)
    {
        Rows = rows;
        _slots = slots;
        Count = rows.Length;
        IsSome = true;
    }

    /// <summary>How many scores are wanted.</summary>
    public int Count { get; }

    /// <summary>Whether <see cref="Rows"/> names them.</summary>
    public bool IsSome { get; }

    /// <summary>The rows by place.</summary>
    public ReadOnlySpan<int> Rows { get; }

    /// <summary>Place of a row; −1 where it is not to be scored.</summary>
    public int PlaceOf(int row) => IsSome ? _slots[row] - 1 : row;

    /// <summary>Copies what is known of the whole catalogue.</summary>
    public void Take(ReadOnlySpan<float> all, Span<float> scores)
    {
        if (!IsSome)
        {
            all.CopyTo(scores);
            return;
        }

        for (int i = 0; i < Rows.Length; i++)
            scores[i] = all[Rows[i]];
    }

    /// <summary>Adds factor × weight of a list's columns to their scores.</summary>
    public void Add(WeightedLists lists, int row, float factor, Span<float> scores)
    {
        if (!IsSome)
        {
            lists.AddTo(row, factor, scores);
            return;
        }

        ReadOnlySpan<int> columns = lists.ColumnsOf(row);
        ReadOnlySpan<float> weights = lists.WeightsOf(row);
        for (int i = 0; i < columns.Length; i++)
        {
            if (_slots[columns[i]] - 1 is >= 0 and int place)
                scores[place] = MathF.FusedMultiplyAdd(weights[i], factor, scores[place]);
        }
    }
}
