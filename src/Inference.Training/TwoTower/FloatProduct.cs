using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inference.Training.TwoTower;

/// <summary>A matrix of float32 numbers within an array, read with any strides, so that its transpose is the same numbers read otherwise.</summary>
/// <param name="Values">The array.</param>
/// <param name="Offset">Where the first number stands.</param>
/// <param name="RowStride">Elements from a row to the next.</param>
/// <param name="ColumnStride">Elements from a column to the next.</param>
internal readonly record struct FloatView(float[] Values, int Offset, int RowStride, int ColumnStride)
{
    public FloatView Transposed => this with { RowStride = ColumnStride, ColumnStride = RowStride };

    /// <summary>A row-major matrix with so many columns.</summary>
    public static FloatView RowMajor(float[] values, int columns, int offset = 0) => new(values, offset, columns, 1);
}

/// <summary>
/// Products of dense matrices. Each number of a result is one chain of fused additions in ascending order of the inner index, so it has the same bits however rows are shared out among threads. Tiles of 4 rows × 64
/// columns keep 16 accumulators in registers; columns come in multiples of 16.
/// </summary>
internal static class FloatProduct
{
    /// <summary>Columns of results are multiples of it.</summary>
    public const int ColumnUnit = 16;

    private const int RowsPerTask = 32;

    /// <summary>The next multiple of <see cref="ColumnUnit"/>.</summary>
    public static int PaddedColumns(int columns) => (columns + ColumnUnit - 1) / ColumnUnit * ColumnUnit;

    /// <summary>result = a · b, or result += a · b.</summary>
    /// <param name="a">rows × inner, any strides.</param>
    /// <param name="b">inner × columns; its column stride is 1.</param>
    /// <param name="result">rows × columns; its column stride is 1.</param>
    /// <param name="rows">Rows of a.</param>
    /// <param name="inner">Columns of a.</param>
    /// <param name="columns">Columns of b, a multiple of <see cref="ColumnUnit"/>.</param>
    /// <param name="add">Whether to add to what is there.</param>
    /// <param name="lanes">The threads.</param>
    public static void Multiply(FloatView a, FloatView b, FloatView result, int rows, int inner, int columns, bool add, Lanes lanes)
    {
        if (columns % ColumnUnit != 0 || b.ColumnStride != 1 || result.ColumnStride != 1)
            throw new ArgumentException($"A product has {columns} columns; they are consecutive, and a multiple of {ColumnUnit}.", nameof(columns));
        if (rows == 0)
            return;
        CheckEnd(a, rows, inner);
        CheckEnd(b, inner, columns);
        CheckEnd(result, rows, columns);
        int tasks = (rows + RowsPerTask - 1) / RowsPerTask;
        if ((long)rows * inner * columns < 100_000 || tasks == 1)
        {
            Block(a, b, result, 0, rows, inner, columns, add);
            return;
        }

        lanes.Run(tasks, task => Block(a, b, result, task * RowsPerTask, Math.Min(rows, (task + 1) * RowsPerTask), inner, columns, add));
    }

    /// <summary>Copies a row-major matrix turned over: result[c × resultColumns + r] = source[r × columns + c].</summary>
    public static void Transpose(ReadOnlySpan<float> source, int rows, int columns, Span<float> result, int resultColumns)
    {
        for (int block = 0; block < rows; block += 16)
        {
            int end = Math.Min(rows, block + 16);
            for (int column = 0; column < columns; column++)
            {
                for (int row = block; row < end; row++)
                    result[column * resultColumns + row] = source[row * columns + column];
            }
        }
    }

    private static void CheckEnd(FloatView view, int rows, int columns)
    {
        long last = view.Offset + (long)(rows - 1) * view.RowStride + (long)(columns - 1) * view.ColumnStride;
        if (rows > 0 && columns > 0 && last >= view.Values.Length)
            throw new ArgumentException($"A matrix of {rows} × {columns} does not lie within {view.Values.Length} numbers.");
    }

    private static void Block(FloatView a, FloatView b, FloatView result, int firstRow, int endRow, int inner, int columns, bool add)
    {
        ref float right = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(b.Values), b.Offset);
        int row = firstRow;
        for (; row + 4 <= endRow; row += 4)
        {
            ref float left = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(a.Values), a.Offset + (nint)row * a.RowStride);
            ref float into = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(result.Values), result.Offset + (nint)row * result.RowStride);
            int column = 0;
            for (; column + 64 <= columns; column += 64)
                Tile4X64(ref left, a.RowStride, a.ColumnStride, ref Unsafe.Add(ref right, column), b.RowStride, ref Unsafe.Add(ref into, column), result.RowStride, inner, add);
            for (; column < columns; column += ColumnUnit)
            {
                for (int r = 0; r < 4; r++)
                    Tile1X16(ref Unsafe.Add(ref left, (nint)r * a.RowStride), a.ColumnStride, ref Unsafe.Add(ref right, column), b.RowStride, ref Unsafe.Add(ref into, (nint)r * result.RowStride + column), inner, add);
            }
        }

        for (; row < endRow; row++)
        {
            ref float left = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(a.Values), a.Offset + (nint)row * a.RowStride);
            ref float into = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(result.Values), result.Offset + (nint)row * result.RowStride);
            for (int column = 0; column < columns; column += ColumnUnit)
                Tile1X16(ref left, a.ColumnStride, ref Unsafe.Add(ref right, column), b.RowStride, ref Unsafe.Add(ref into, column), inner, add);
        }
    }

    private static void Tile4X64(ref float a, nint aRow, nint aColumn, ref float b, nint bRow, ref float c, nint cRow, int inner, bool add)
    {
        Vector512<float> c00 = default, c01 = default, c02 = default, c03 = default;
        Vector512<float> c10 = default, c11 = default, c12 = default, c13 = default;
        Vector512<float> c20 = default, c21 = default, c22 = default, c23 = default;
        Vector512<float> c30 = default, c31 = default, c32 = default, c33 = default;
        if (add)
        {
            Load(ref c, ref c00, ref c01, ref c02, ref c03);
            Load(ref Unsafe.Add(ref c, cRow), ref c10, ref c11, ref c12, ref c13);
            Load(ref Unsafe.Add(ref c, 2 * cRow), ref c20, ref c21, ref c22, ref c23);
            Load(ref Unsafe.Add(ref c, 3 * cRow), ref c30, ref c31, ref c32, ref c33);
        }

        for (int k = 0; k < inner; k++)
        {
            Vector512<float> b0 = Vector512.LoadUnsafe(ref b), b1 = Vector512.LoadUnsafe(ref b, 16), b2 = Vector512.LoadUnsafe(ref b, 32), b3 = Vector512.LoadUnsafe(ref b, 48);
            Vector512<float> x = Vector512.Create(a);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            c02 = Vector512.FusedMultiplyAdd(x, b2, c02);
            c03 = Vector512.FusedMultiplyAdd(x, b3, c03);
            x = Vector512.Create(Unsafe.Add(ref a, aRow));
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            c12 = Vector512.FusedMultiplyAdd(x, b2, c12);
            c13 = Vector512.FusedMultiplyAdd(x, b3, c13);
            x = Vector512.Create(Unsafe.Add(ref a, 2 * aRow));
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            c22 = Vector512.FusedMultiplyAdd(x, b2, c22);
            c23 = Vector512.FusedMultiplyAdd(x, b3, c23);
            x = Vector512.Create(Unsafe.Add(ref a, 3 * aRow));
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            c32 = Vector512.FusedMultiplyAdd(x, b2, c32);
            c33 = Vector512.FusedMultiplyAdd(x, b3, c33);
            a = ref Unsafe.Add(ref a, aColumn);
            b = ref Unsafe.Add(ref b, bRow);
        }

        Store(ref c, c00, c01, c02, c03);
        Store(ref Unsafe.Add(ref c, cRow), c10, c11, c12, c13);
        Store(ref Unsafe.Add(ref c, 2 * cRow), c20, c21, c22, c23);
        Store(ref Unsafe.Add(ref c, 3 * cRow), c30, c31, c32, c33);
    }

    private static void Tile1X16(ref float a, nint aColumn, ref float b, nint bRow, ref float c, int inner, bool add)
    {
        Vector512<float> sum = add ? Vector512.LoadUnsafe(ref c) : default;
        for (int k = 0; k < inner; k++)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(a), Vector512.LoadUnsafe(ref b), sum);
            a = ref Unsafe.Add(ref a, aColumn);
            b = ref Unsafe.Add(ref b, bRow);
        }

        sum.StoreUnsafe(ref c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(ref float c, ref Vector512<float> c0, ref Vector512<float> c1, ref Vector512<float> c2, ref Vector512<float> c3)
    {
        c0 = Vector512.LoadUnsafe(ref c);
        c1 = Vector512.LoadUnsafe(ref c, 16);
        c2 = Vector512.LoadUnsafe(ref c, 32);
        c3 = Vector512.LoadUnsafe(ref c, 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref float c, Vector512<float> c0, Vector512<float> c1, Vector512<float> c2, Vector512<float> c3)
    {
        c0.StoreUnsafe(ref c);
        c1.StoreUnsafe(ref c, 16);
        c2.StoreUnsafe(ref c, 32);
        c3.StoreUnsafe(ref c, 48);
    }
}
