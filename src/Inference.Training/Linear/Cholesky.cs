using System.Numerics;
using System.Numerics.Tensors;

namespace Inference.Training.Linear;

/// <summary>
/// The factor L with L Lᵀ = A of a symmetric positive definite matrix, in blocks (right-looking), and the solutions of A X = B by it.
/// <list type="number">
/// <item>Factor the block on the diagonal; invert its triangle, which is small.</item>
/// <item>The blocks below it: A ← A L₁₁⁻ᵀ. What is right of them: A ← A − A₂₁ A₂₁ᵀ, of which only the lower triangle is kept.</item>
/// </list>
/// The same bits whatever the number of cores.
/// </summary>
public sealed class Cholesky<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Block = 128;
    private readonly T[] _factor;
    private readonly int _size;

    private Cholesky(T[] factor, int size)
    {
        _factor = factor;
        _size = size;
    }

    /// <summary>Factors a matrix in place: the array belongs to the result afterwards.</summary>
    /// <param name="matrix">size × size, row-major; only the lower triangle is read.</param>
    /// <exception cref="ArgumentException">The array does not have the shape.</exception>
    /// <exception cref="ArithmeticException">The matrix is not positive definite.</exception>
    public static Cholesky<T> Factor(T[] matrix, int size)
    {
        if (matrix.LongLength != (long)size * size)
            throw new ArgumentException($"{matrix.LongLength} numbers are no matrix of {size} × {size}.", nameof(matrix));
        int most = Math.Min(Block, size);
        var left = new PackedStrips<T>(MicroKernel<T>.Rows, size, most);
        var right = new PackedStrips<T>(MicroKernel<T>.Columns, size, most);
        for (int start = 0; start < size; start += Block)
        {
            int width = Math.Min(Block, size - start);
            int below = size - start - width;
            T[] block = FactorDiagonal(matrix, size, start, width);
            if (below == 0)
                continue;
            TriangularBlock.Invert(block.AsSpan(), width);
            T[] panel = new T[(long)below * width];
            for (int row = 0; row < below; row++)
                Row(matrix, size, start + width + row, start, width).CopyTo(panel.AsSpan(row * width));
            T[] solved = MatrixProduct.MultiplyTransposed(panel, block, below, width, width);
            for (int row = 0; row < below; row++)
                solved.AsSpan(row * width, width).CopyTo(Row(matrix, size, start + width + row, start, width));
            left.PackRows(solved, 0, width, below, width);
            right.PackRows(solved, 0, width, below, width);
            TiledUpdate.Add(left, right, matrix, (long)(start + width) * size + start + width, size, -T.One, lowerOnly: true);
        }

        return new Cholesky<T>(matrix, size);
    }

    /// <summary>Replaces B by X with A X = B.</summary>
    /// <param name="right">size × <paramref name="columns"/>, row-major.</param>
    /// <exception cref="ArgumentException">The array does not have the shape.</exception>
    public void Solve(T[] right, int columns)
    {
        if (right.LongLength != (long)_size * columns)
            throw new ArgumentException($"{right.LongLength} numbers are not {_size} × {columns}.", nameof(right));
        for (int row = 0; row < _size; row++)
        {
            ReadOnlySpan<T> factor = Row(_factor, _size, row, 0, row + 1);
            Span<T> target = right.AsSpan(row * columns, columns);
            for (int k = 0; k < row; k++)
                TensorPrimitives.MultiplyAdd(right.AsSpan(k * columns, columns), -factor[k], target, target);
            TensorPrimitives.Divide(target, factor[row], target);
        }

        for (int row = _size - 1; row >= 0; row--)
        {
            ReadOnlySpan<T> factor = Row(_factor, _size, row, 0, row + 1);
            Span<T> source = right.AsSpan(row * columns, columns);
            TensorPrimitives.Divide(source, factor[row], source);
            for (int k = 0; k < row; k++)
            {
                Span<T> target = right.AsSpan(k * columns, columns);
                TensorPrimitives.MultiplyAdd(source, -factor[k], target, target);
            }
        }
    }

    private static T[] FactorDiagonal(T[] matrix, int size, int start, int width)
    {
        T[] block = new T[width * width];
        for (int row = 0; row < width; row++)
            Row(matrix, size, start + row, start, row + 1).CopyTo(block.AsSpan(row * width));
        TriangularBlock.Factor(block.AsSpan(), width);
        for (int row = 0; row < width; row++)
            block.AsSpan(row * width, row + 1).CopyTo(Row(matrix, size, start + row, start, row + 1));
        return block;
    }

    private static Span<T> Row(T[] matrix, int size, int row, int column, int length) => matrix.AsSpan(checked(row * size + column), length);
}
