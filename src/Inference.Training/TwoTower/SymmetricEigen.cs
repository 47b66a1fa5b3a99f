namespace Inference.Training.TwoTower;

/// <summary>Small symmetric problems: Gram matrices, orthonormal columns, eigenvectors by Jacobi's rotations (Golub and Van Loan, "Matrix computations", section 8.5).</summary>
internal static class SymmetricEigen
{
    private const int Sweeps = 30;

    /// <summary>Aᵀ A for a row-major matrix.</summary>
    public static double[] Gram(double[] a, int rows, int columns, Lanes lanes)
    {
        double[] gram = new double[columns * columns];
        // Threads share out rows of the result, so sums stay in the order of rows.
        lanes.Run(columns, i =>
        {
            Span<double> into = gram.AsSpan(i * columns, columns);
            for (int row = 0; row < rows; row++)
            {
                if (a[row * columns + i] is var x && x != 0)
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(a.AsSpan(row * columns, columns), x, into, into);
            }
        });
        return gram;
    }

    /// <summary>Makes the columns of a row-major matrix orthonormal: A = Q R with RᵀR = AᵀA; a column that depends on earlier ones becomes (nearly) zero.</summary>
    public static void Orthonormalize(double[] a, int rows, int columns, Lanes lanes)
    {
        // Twice, since the square of the condition number is what a Gram matrix has.
        for (int pass = 0; pass < 2; pass++)
        {
            double[] r = Gram(a, rows, columns, lanes);
            Cholesky(r, columns);
            lanes.Run(rows, row =>
            {
                Span<double> x = a.AsSpan(row * columns, columns);
                for (int i = 0; i < columns; i++)
                {
                    double sum = x[i];
                    for (int k = 0; k < i; k++)
                        sum -= r[i * columns + k] * x[k];
                    x[i] = sum / r[i * columns + i];
                }
            });
        }
    }

    /// <summary>Eigenvectors in columns, and eigenvalues, largest first. Destroys the matrix.</summary>
    public static (double[] Vectors, double[] Values) Solve(double[] matrix, int n)
    {
        double[] vectors = new double[n * n];
        for (int i = 0; i < n; i++)
            vectors[i * n + i] = 1;
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            double off = 0, on = 0;
            for (int p = 0; p < n; p++)
            {
                on += matrix[p * n + p] * matrix[p * n + p];
                for (int q = p + 1; q < n; q++)
                    off += matrix[p * n + q] * matrix[p * n + q];
            }

            if (off <= 1e-22 * on)
                break;
            for (int p = 0; p < n; p++)
            {
                for (int q = p + 1; q < n; q++)
                    Rotate(matrix, vectors, n, p, q);
            }
        }

        int[] order = new int[n];
        double[] values = new double[n];
        for (int i = 0; i < n; i++)
        {
            order[i] = i;
            values[i] = -matrix[i * n + i];
        }

        Array.Sort(values, order);
        double[] sorted = new double[n * n];
        for (int j = 0; j < n; j++)
        {
            values[j] = -values[j];
            // The sign is free: make the largest component positive.
            int largest = 0;
            for (int i = 1; i < n; i++)
            {
                if (Math.Abs(vectors[i * n + order[j]]) > Math.Abs(vectors[largest * n + order[j]]))
                    largest = i;
            }

            double sign = vectors[largest * n + order[j]] < 0 ? -1 : 1;
            for (int i = 0; i < n; i++)
                sorted[i * n + j] = sign * vectors[i * n + order[j]];
        }

        return (sorted, values);
    }

    private static void Rotate(double[] a, double[] vectors, int n, int p, int q)
    {
        double apq = a[p * n + q];
        if (apq == 0)
            return;
        double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        double t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        double c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < n; k++)
        {
            double x = a[k * n + p], y = a[k * n + q];
            a[k * n + p] = c * x - s * y;
            a[k * n + q] = s * x + c * y;
        }

        for (int k = 0; k < n; k++)
        {
            double x = a[p * n + k], y = a[q * n + k];
            a[p * n + k] = c * x - s * y;
            a[q * n + k] = s * x + c * y;
            x = vectors[k * n + p];
            y = vectors[k * n + q];
            vectors[k * n + p] = c * x - s * y;
            vectors[k * n + q] = s * x + c * y;
        }
    }

    /// <summary>Lower factor in place; a pivot of (nearly) nothing becomes very large, so that its column vanishes.</summary>
    private static void Cholesky(double[] a, int n)
    {
        for (int i = 0; i < n; i++)
        {
            double diagonal = a[i * n + i];
            for (int j = 0; j <= i; j++)
            {
                double sum = a[i * n + j];
                for (int k = 0; k < j; k++)
                    sum -= a[i * n + k] * a[j * n + k];
                a[i * n + j] = i != j ? sum / a[j * n + j] : sum > 1e-13 * diagonal && sum > 0 ? Math.Sqrt(sum) : 1e150;
            }
        }
    }
}
