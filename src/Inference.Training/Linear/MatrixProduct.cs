using System.Numerics;

namespace Inference.Training.Linear;

/// <summary>
/// Dense matrix products of row-major matrices, float or double, on all cores.
/// <list type="number">
/// <item>Cut the depth into blocks that fit the caches; pack both blocks into strips.</item>
/// <item>Add their product tile by tile.</item>
/// </list>
/// The same numbers give the same bits whatever the number of cores. Speed: <c>MatrixBenchmarks</c>.
/// </summary>
public static class MatrixProduct
{
    private const int DepthBlock = 256;

    /// <summary>C = A B.</summary>
    /// <param name="a"><paramref name="rows"/> × <paramref name="depth"/>.</param>
    /// <param name="b"><paramref name="depth"/> × <paramref name="columns"/>.</param>
    /// <exception cref="ArgumentException">An array is too short for its shape.</exception>
    /// <returns><paramref name="rows"/> × <paramref name="columns"/>.</returns>
    public static T[] Multiply<T>(T[] a, T[] b, int rows, int depth, int columns)
        where T : unmanaged, IFloatingPointIeee754<T> => Product(a, b, rows, depth, columns, transposed: false);

    /// <summary>C = A Bᵀ.</summary>
    /// <param name="a"><paramref name="rows"/> × <paramref name="depth"/>.</param>
    /// <param name="b"><paramref name="columns"/> × <paramref name="depth"/>.</param>
    /// <exception cref="ArgumentException">An array is too short for its shape.</exception>
    /// <returns><paramref name="rows"/> × <paramref name="columns"/>.</returns>
    public static T[] MultiplyTransposed<T>(T[] a, T[] b, int rows, int depth, int columns)
        where T : unmanaged, IFloatingPointIeee754<T> => Product(a, b, rows, depth, columns, transposed: true);

    private static T[] Product<T>(T[] a, T[] b, int rows, int depth, int columns, bool transposed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (a.LongLength < (long)rows * depth || b.LongLength < (long)depth * columns)
            throw new ArgumentException($"{a.LongLength} and {b.LongLength} numbers are not {rows} × {depth} and {depth} × {columns}.", nameof(a));
        T[] c = new T[(long)rows * columns];
        if (rows == 0 || columns == 0)
            return c;
        int most = Math.Min(depth, DepthBlock);
        var left = new PackedStrips<T>(MicroKernel<T>.Rows, rows, most);
        var right = new PackedStrips<T>(MicroKernel<T>.Columns, columns, most);
        for (int start = 0; start < depth; start += DepthBlock)
        {
            int steps = Math.Min(DepthBlock, depth - start);
            left.PackRows(a, start, depth, rows, steps);
            if (transposed)
                right.PackRows(b, start, depth, columns, steps);
            else
                right.PackColumns(b, (long)start * columns, columns, columns, steps);
            TiledUpdate.Add(left, right, c, 0, columns, T.One);
        }

        return c;
    }
}
