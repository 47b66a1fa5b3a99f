using System.Numerics.Tensors;

namespace Inference.Recommendations.Fusion;

/// <summary>Solves one small symmetric positive definite system by Cholesky's decomposition, in caller-owned memory and double precision.</summary>
internal static class FoldIn
{
    /// <summary>Adds y yᵀ to the lower triangle of a matrix.</summary>
    /// <param name="y">n numbers.</param>
    /// <param name="matrix">n × n, row-major.</param>
    public static void AddOuter(ReadOnlySpan<double> y, Span<double> matrix)
    {
        int n = y.Length;
        for (int i = 0; i < n; i++)
        {
            Span<double> row = matrix.Slice(i * n, i + 1);
            TensorPrimitives.MultiplyAdd(y[..(i + 1)], y[i], row, row);
        }
    }

    /// <summary>Solves A x = b. A = L Lᵀ, L y = b, Lᵀ x = y.</summary>
    /// <param name="matrix">The lower triangle of A, n × n, row-major; receives L.</param>
    /// <param name="x">Holds b, receives x.</param>
    /// <exception cref="ArithmeticException">A is not positive definite.</exception>
    public static void Solve(Span<double> matrix, Span<double> x)
    {
        int n = x.Length;
        for (int i = 0; i < n; i++)
        {
            Span<double> row = matrix.Slice(i * n, n);
            for (int j = 0; j < i; j++)
            {
                ReadOnlySpan<double> other = matrix.Slice(j * n, n);
                row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], other[..j])) / other[j];
            }

            double pivot = row[i] - TensorPrimitives.Dot<double>(row[..i], row[..i]);
            if (!(pivot > 0))
                throw new ArithmeticException($"The system is not positive definite at {i}.");
            row[i] = Math.Sqrt(pivot);
        }

        for (int i = 0; i < n; i++)
            x[i] = (x[i] - TensorPrimitives.Dot<double>(matrix.Slice(i * n, i), x[..i])) / matrix[(i * n) + i];
        for (int i = n - 1; i >= 0; i--)
        {
            x[i] /= matrix[(i * n) + i];
            // Column i of Lᵀ is row i of L.
            TensorPrimitives.MultiplyAdd(matrix.Slice(i * n, i), -x[i], x[..i], x[..i]);
        }
    }
}
