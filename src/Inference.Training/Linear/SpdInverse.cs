using System.Numerics;

namespace Inference.Training.Linear;

/// <summary>
/// The inverse of a large symmetric positive definite matrix, in place, by the sweep operator in blocks (Goodnight, "A tutorial on the SWEEP operator", 1979; for positive definite matrices
/// as exact as Cholesky: Peters and Wilkinson, "On the stability of Gauss-Jordan elimination with pivoting", 1975). For each block of columns k, with D = A_kk and P the columns beside it:
/// <list type="number">
/// <item>A_ij ← A_ij − P_i D⁻¹ P_jᵀ for all others, of which only the lower triangle is kept.</item>
/// <item>A_ik ← P_i D⁻¹; A_kk ← −D⁻¹.</item>
/// </list>
/// In the end A holds −A⁻¹. n³ multiplications and additions, nearly all of them in <see cref="TiledUpdate"/>. The same bits whatever the number of cores. Speed: <c>MatrixBenchmarks</c>.
/// </summary>
public static class SpdInverse
{
    private const int Block = 128;

    /// <summary>Largest size that is accepted: beyond it an array would not hold the matrix.</summary>
    public const int LargestSize = 46_000;

    /// <summary>Replaces a matrix by its inverse.</summary>
    /// <param name="matrix">size × size, row-major; only the lower triangle is read, all is written.</param>
    /// <param name="cancellationToken">Stops between blocks; the matrix is spoilt then.</param>
    /// <exception cref="ArgumentException">The array does not have the shape.</exception>
    /// <exception cref="ArithmeticException">The matrix is not positive definite.</exception>
    public static void Invert<T>(T[] matrix, int size, CancellationToken cancellationToken = default)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, LargestSize);
        if (matrix.LongLength != (long)size * size)
            throw new ArgumentException($"{matrix.LongLength} numbers are no matrix of {size} × {size}.", nameof(matrix));
        int most = Math.Min(Block, size);
        T[] beside = new T[(long)size * most];
        var left = new PackedStrips<T>(MicroKernel<T>.Rows, size, most);
        var right = new PackedStrips<T>(MicroKernel<T>.Columns, size, most);
        for (int start = 0; start < size; start += Block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int width = Math.Min(Block, size - start);
            T[] inverse = InvertDiagonal(matrix, size, start, width);
            GatherBeside(matrix, size, start, width, beside);
            T[] scaled = MatrixProduct.MultiplyTransposed(beside, inverse, size, width, width);
            left.PackRows(beside, 0, width, size, width);
            right.PackRows(scaled, 0, width, size, width);
            TiledUpdate.Add(left, right, matrix, 0, size, -T.One, lowerOnly: true);
            ScatterBeside(matrix, size, start, width, scaled, inverse);
        }

        Mirror(matrix, size);
    }

    private static T[] InvertDiagonal<T>(T[] matrix, int size, int start, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] block = new T[width * width];
        for (int row = 0; row < width; row++)
        {
            for (int column = 0; column <= row; column++)
                block[row * width + column] = matrix[(long)(start + row) * size + start + column];
        }

        TriangularBlock.Factor(block.AsSpan(), width);
        TriangularBlock.Invert(block.AsSpan(), width);
        return TriangularBlock.Square<T>(block, width);
    }

    /// <summary>The columns of the block in all rows, from the lower triangle; zeros in the block itself, so that the update leaves it alone.</summary>
    private static void GatherBeside<T>(T[] matrix, int size, int start, int width, T[] beside)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Parallel.For(0, size, row =>
        {
            for (int column = 0; column < width; column++)
            {
                beside[(long)row * width + column] = row < start ? matrix[(long)(start + column) * size + row]
                    : row < start + width ? T.Zero
                    : matrix[(long)row * size + start + column];
            }
        });
    }

    private static void ScatterBeside<T>(T[] matrix, int size, int start, int width, T[] scaled, T[] inverse)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Parallel.For(0, size, row =>
        {
            for (int column = 0; column < width; column++)
            {
                if (row < start)
                    matrix[(long)(start + column) * size + row] = scaled[(long)row * width + column];
                else if (row >= start + width)
                    matrix[(long)row * size + start + column] = scaled[(long)row * width + column];
                else
                    matrix[(long)row * size + start + column] = -inverse[(row - start) * width + column];
            }
        });
    }

    private static void Mirror<T>(T[] matrix, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // In squares, so that the columns that are written stay in the cache.
        const int Square = 64;
        Parallel.For(0, (size + Square - 1) / Square, piece =>
        {
            int until = Math.Min(size, (piece + 1) * Square);
            for (int left = 0; left < until; left += Square)
            {
                for (int row = piece * Square; row < until; row++)
                {
                    for (int column = left; column < Math.Min(left + Square, row + 1); column++)
                    {
                        T value = -matrix[(long)row * size + column];
                        matrix[(long)row * size + column] = value;
                        matrix[(long)column * size + row] = value;
                    }
                }
            }
        });
    }
}
