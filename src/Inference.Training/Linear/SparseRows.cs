using Inference.Training.Splits;

namespace Inference.Training.Linear;

/// <summary>A sparse square matrix in compressed rows.</summary>
/// <param name="Offsets">Rows + 1 places: row r is at <c>Offsets[r] .. Offsets[r + 1]</c>.</param>
/// <param name="Columns">Column of each entry; ascending within a row.</param>
/// <param name="Values">Value of each entry.</param>
public sealed record SparseRows(int[] Offsets, int[] Columns, float[] Values)
{
    public int Count => Offsets.Length - 1;

    public ReadOnlySpan<int> ColumnsOf(int row) => Columns.AsSpan(Offsets[row], Offsets[row + 1] - Offsets[row]);

    public Span<float> ValuesOf(int row) => Values.AsSpan(Offsets[row], Offsets[row + 1] - Offsets[row]);

    /// <summary>Puts rows that were made one by one into one matrix.</summary>
    /// <exception cref="InvalidOperationException">There are more entries than an array holds; fewer neighbours must be kept per row.</exception>
    internal static SparseRows Join((int[] Columns, float[] Values)[] rows)
    {
        int[] offsets = new int[rows.Length + 1];
        long total = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            total += rows[row].Columns.Length;
            if (total > Array.MaxLength)
                throw new InvalidOperationException($"More than {Array.MaxLength} entries: keep fewer neighbours per item.");
            offsets[row + 1] = (int)total;
        }

        int[] columns = new int[total];
        float[] values = new float[total];
        Parallel.For(0, rows.Length, row =>
        {
            rows[row].Columns.CopyTo(columns, offsets[row]);
            rows[row].Values.CopyTo(values, offsets[row]);
            rows[row] = default;
        });
        return new SparseRows(offsets, columns, values);
    }

    /// <summary>Rows become columns.</summary>
    internal SparseRows Transpose()
    {
        int[] offsets = RowLists.OffsetsOf(Columns, Count);
        int[] next = offsets[..Count], columns = new int[Columns.Length];
        float[] values = new float[Columns.Length];
        for (int row = 0; row < Count; row++)
        {
            for (int place = Offsets[row]; place < Offsets[row + 1]; place++)
            {
                int target = next[Columns[place]]++;
                columns[target] = row;
                values[target] = Values[place];
            }
        }

        return new SparseRows(offsets, columns, values);
    }
}
