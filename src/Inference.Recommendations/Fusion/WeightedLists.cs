using System.Numerics.Tensors;

namespace Inference.Recommendations.Fusion;

/// <summary>Rows of weighted columns in three arrays (compressed sparse rows): from items to neighbours, from items to clusters, from values of a feature to items. Immutable; does not copy what it is made of.</summary>
public sealed class WeightedLists
{
    private readonly int[] _offsets;
    private readonly int[] _columns;
    private readonly float[] _weights;
    private readonly bool[] _isWhole;

    /// <param name="offsets">Rows + 1 places, ascending from 0 to the number of columns: row r is <c>columns[offsets[r] .. offsets[r + 1]]</c>.</param>
    /// <param name="columns">Column numbers, each in [0, <paramref name="columnCount"/>); none twice within a row.</param>
    /// <param name="weights">As many as <paramref name="columns"/>; finite.</param>
    /// <param name="columnCount">How many columns there are.</param>
    /// <exception cref="ArgumentException">The arrays do not fit together; the message names the first place.</exception>
    public WeightedLists(int[] offsets, int[] columns, float[] weights, int columnCount)
    {
        if (offsets.Length == 0 || offsets[0] != 0 || offsets[^1] != columns.Length)
            throw new ArgumentException($"Offsets must go from 0 to the number of columns, {columns.Length}.", nameof(offsets));
        if (weights.Length != columns.Length)
            throw new ArgumentException($"{weights.Length} weights for {columns.Length} columns.", nameof(weights));
        ArgumentOutOfRangeException.ThrowIfNegative(columnCount);
        (_offsets, _columns, _weights, ColumnCount) = (offsets, columns, weights, columnCount);
        _isWhole = new bool[offsets.Length - 1];
        Check();
    }

    /// <summary>Number of rows.</summary>
    public int RowCount => _offsets.Length - 1;

    /// <summary>Columns are numbers below this.</summary>
    public int ColumnCount { get; }

    /// <summary>Where rows begin and end.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    /// <summary>The columns of all rows.</summary>
    public ReadOnlySpan<int> Columns => _columns;

    /// <summary>The weights that go with them.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>The columns of one row.</summary>
    public ReadOnlySpan<int> ColumnsOf(int row) => _columns.AsSpan(_offsets[row], _offsets[row + 1] - _offsets[row]);

    /// <summary>The weights of one row.</summary>
    public ReadOnlySpan<float> WeightsOf(int row) => _weights.AsSpan(_offsets[row], _offsets[row + 1] - _offsets[row]);

    /// <summary>The weight of a column in a row; 0 where it is not listed.</summary>
    public float WeightOf(int row, int column)
    {
        int place = ColumnsOf(row).IndexOf(column);
        return place < 0 ? 0f : WeightsOf(row)[place];
    }

    /// <summary>The same lists with weights that 16 bits hold, which halves the memory of their file. Whoever learns weights from the lists had best do so with what will be served.</summary>
    public WeightedLists RoundedToHalf()
    {
        Half[] halves = new Half[_weights.Length];
        float[] rounded = new float[_weights.Length];
        TensorPrimitives.ConvertToHalf(_weights, halves);
        TensorPrimitives.ConvertToSingle(halves, rounded);
        return new WeightedLists(_offsets, _columns, rounded, ColumnCount);
    }

    /// <summary>sums[column] += factor × weight over one row.</summary>
    /// <param name="row">0 to <see cref="RowCount"/> − 1.</param>
    /// <param name="factor">What its weights are multiplied with.</param>
    /// <param name="sums">One place per column.</param>
    internal void AddTo(int row, float factor, Span<float> sums)
    {
        ReadOnlySpan<float> weights = WeightsOf(row);
        if (_isWhole[row])
        {
            TensorPrimitives.MultiplyAdd(weights, factor, sums[..weights.Length], sums);
            return;
        }

        ReadOnlySpan<int> columns = ColumnsOf(row);
        for (int i = 0; i < columns.Length; i++)
            sums[columns[i]] = MathF.FusedMultiplyAdd(weights[i], factor, sums[columns[i]]);
    }

    private void Check()
    {
        int[] lastRow = new int[ColumnCount];
        for (int row = 0; row < RowCount; row++)
        {
            if (_offsets[row] > _offsets[row + 1] || _offsets[row] < 0 || _offsets[row + 1] > _columns.Length)
                throw new ArgumentException($"Row {row} ends at {_offsets[row + 1]}, before it begins.", "offsets");
            bool isOrdered = true;
            for (int i = _offsets[row]; i < _offsets[row + 1]; i++)
            {
                int column = _columns[i];
                if ((uint)column >= (uint)ColumnCount)
                    throw new ArgumentException($"Row {row} has column {column}; there are {ColumnCount}.", "columns");
                if (lastRow[column] == row + 1)
                    throw new ArgumentException($"Row {row} has column {column} twice.", "columns");
                lastRow[column] = row + 1;
                if (!float.IsFinite(_weights[i]))
                    throw new ArgumentException($"Row {row} has a weight that is not finite.", "weights");
                isOrdered &= column == i - _offsets[row];
            }

            _isWhole[row] = isOrdered && _offsets[row + 1] - _offsets[row] == ColumnCount;
        }
    }
}
