namespace Inference.Towers.Batching;

/// <summary>The few sizes that batches really have, once rows and lengths are padded, and which one a wanted size becomes.</summary>
internal sealed class BatchSizes
{
    private readonly short[] _rowSize;
    private readonly short[] _lengthSize;

    private BatchSizes(short[] rowSize, int[] rows, short[] lengthSize, int[] lengths)
    {
        _rowSize = rowSize;
        Rows = rows;
        _lengthSize = lengthSize;
        Lengths = lengths;
    }

    /// <summary>The numbers of rows that are computed, ascending.</summary>
    public int[] Rows { get; }

    /// <summary>The lengths that rows are padded to, ascending.</summary>
    public int[] Lengths { get; }

    /// <summary>Most rows of one run.</summary>
    public int MaxBatch => _rowSize.Length - 1;

    /// <summary>The place in <see cref="Rows"/> for so many rows, 1 to the most.</summary>
    public int RowSizeOf(int rows) => _rowSize[rows];

    /// <summary>The place in <see cref="Lengths"/> for a length, 1 to the longest.</summary>
    public int LengthSizeOf(int length) => _lengthSize[length];

    public static BatchSizes Of<TWork>(IBatchRunner<TWork> runner)
        where TWork : struct
    {
        (short[] rowSize, int[] rows) = Tabulate(runner.MaxBatch, runner.PaddedRows);
        (short[] lengthSize, int[] lengths) = Tabulate(runner.MaxLength, runner.PaddedLength);
        return new BatchSizes(rowSize, rows, lengthSize, lengths);
    }

    private static (short[] SizeOf, int[] Sizes) Tabulate(int most, Func<int, int> padded)
    {
        var sizeOf = new short[most + 1];
        var sizes = new List<int>();
        for (int size = 1; size <= most; size++)
        {
            int real = padded(size);
            if (sizes.Count == 0 || sizes[^1] != real)
                sizes.Add(real);
            sizeOf[size] = (short)(sizes.Count - 1);
        }

        return (sizeOf, [.. sizes]);
    }
}
