using System.Numerics;
using System.Numerics.Tensors;

namespace Inference.Training.Linear;

/// <summary>Unblocked factorisation and inversion of the small matrices on the diagonal of a large one.</summary>
internal static class TriangularBlock
{
    /// <summary>Replaces the lower triangle of a symmetric positive definite matrix by L with L Lᵀ = A, and clears what is above.</summary>
    /// <param name="block">size × size, row-major.</param>
    /// <exception cref="ArithmeticException">The matrix is not positive definite.</exception>
    public static void Factor<T>(Span<T> block, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!TryFactor(block, size))
            throw new ArithmeticException("The matrix is not positive definite; more regularisation is needed.");
    }

    /// <summary>Like <see cref="Factor"/>; false, and the block is spoilt, when the matrix is not positive definite.</summary>
    public static bool TryFactor<T>(Span<T> block, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < size; row++)
        {
            Span<T> current = block.Slice(row * size, size);
            for (int column = 0; column <= row; column++)
            {
                ReadOnlySpan<T> other = block.Slice(column * size, size);
                T sum = current[column] - TensorPrimitives.Dot<T>(current[..column], other[..column]);
                if (column < row)
                    current[column] = sum / other[column];
                else if (sum > T.Zero && T.IsFinite(sum))
                    current[column] = T.Sqrt(sum);
                else
                    return false;
            }

            current[(row + 1)..].Clear();
        }

        return true;
    }

    /// <summary>Solves L Lᵀ x = b in place.</summary>
    public static void Solve<T>(ReadOnlySpan<T> lower, int size, Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < size; row++)
            x[row] = (x[row] - TensorPrimitives.Dot(lower.Slice(row * size, row), x[..row])) / lower[row * size + row];
        for (int row = size - 1; row >= 0; row--)
        {
            x[row] /= lower[row * size + row];
            TensorPrimitives.MultiplyAdd(lower.Slice(row * size, row), -x[row], x[..row], x[..row]);
        }
    }

    /// <summary>Replaces a lower triangular matrix by its inverse, which is lower triangular, too.</summary>
    public static void Invert<T>(Span<T> lower, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Row by row: rows above already hold their inverse. (L⁻¹)_r = (e_r − Σ_{k<r} L_rk (L⁻¹)_k) / L_rr.
        Span<T> sums = new T[size];
        for (int row = 0; row < size; row++)
        {
            Span<T> current = lower.Slice(row * size, size);
            sums[..row].Clear();
            for (int k = 0; k < row; k++)
            {
                T factor = current[k];
                ReadOnlySpan<T> above = lower.Slice(k * size, k + 1);
                TensorPrimitives.MultiplyAdd(above, factor, sums[..(k + 1)], sums[..(k + 1)]);
            }

            T inverse = T.One / current[row];
            for (int column = 0; column < row; column++)
                current[column] = -sums[column] * inverse;
            current[row] = inverse;
        }
    }

    /// <summary>The inverse Wᵀ W of a symmetric positive definite matrix from W = L⁻¹; full, symmetric.</summary>
    public static T[] Square<T>(ReadOnlySpan<T> inverseLower, int size)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] result = new T[size * size];
        for (int k = 0; k < size; k++)
        {
            ReadOnlySpan<T> row = inverseLower.Slice(k * size, k + 1);
            for (int i = 0; i <= k; i++)
            {
                T factor = row[i];
                Span<T> target = result.AsSpan(i * size, k + 1);
                TensorPrimitives.MultiplyAdd(row, factor, target, target);
            }
        }

        return result;
    }
}
