using Inference.Training.Chance;
using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// The leading eigenvectors of Mᵀ M, where M is users × items with a column scale, by subspace iteration (Halko, Martinsson and Tropp, "Finding structure with randomness", 2011).
/// <list type="number">
/// <item>Begin with random columns, some more than are wanted.</item>
/// <item>A few times over: multiply by Mᵀ M, make the columns orthonormal (Cholesky).</item>
/// <item>Solve the small problem within the subspace (<see cref="SymmetricEigen"/>).</item>
/// </list>
/// </summary>
internal static class SpectralFactors
{
    private const int Spare = 16;
    private const int Iterations = 8;

    /// <summary>Share of the largest eigenvalue below which another one is rounding alone: there are not more than users or items.</summary>
    private const double LeastShare = 1e-9;

    /// <summary>Vectors (items × rank, row-major, orthonormal columns, largest eigenvalue first) and eigenvalues, all above 0: as many as are wanted, or fewer where the matrix has no more.</summary>
    public static (double[] Vectors, double[] Values) Fit(RowLists users, int items, double[] scale, int rank, ulong seed, Lanes lanes, CancellationToken cancellationToken)
    {
        int width = Math.Min(rank + Spare, items);
        RowLists itemUsers = ItemUsers.Of(users, items).Users;
        double[] q = new double[items * width];
        var random = new SeededRandom(seed, 77);
        foreach (ref double value in q.AsSpan())
            value = random.NextGaussian();
        SymmetricEigen.Orthonormalize(q, items, width, lanes);
        double[] t = new double[users.Count * width];
        for (int i = 0; i < Iterations; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Gather(users, q, scale, null, t, width, lanes);
            Gather(itemUsers, t, null, scale, q, width, lanes);
            SymmetricEigen.Orthonormalize(q, items, width, lanes);
        }

        Gather(users, q, scale, null, t, width, lanes);
        (double[] rotation, double[] values) = SymmetricEigen.Solve(SymmetricEigen.Gram(t, users.Count, width, lanes), width);
        rank = Math.Min(rank, values.Count(value => value > 0 && value > LeastShare * values[0]));
        double[] vectors = new double[items * rank];
        lanes.Run(items, item =>
        {
            for (int j = 0; j < rank; j++)
            {
                double sum = 0;
                for (int k = 0; k < width; k++)
                    sum += q[item * width + k] * rotation[k * width + j];
                vectors[item * rank + j] = sum;
            }
        });
        return (vectors, values[..rank]);
    }

    /// <summary>to[r] = rowScale[r] · Σ entryScale[i] from[i] over the entries i of list r.</summary>
    private static void Gather(RowLists lists, double[] from, double[]? entryScale, double[]? rowScale, double[] to, int width, Lanes lanes)
    {
        const int PerTask = 64;
        lanes.Run((lists.Count + PerTask - 1) / PerTask, task =>
        {
            for (int row = task * PerTask; row < Math.Min(lists.Count, (task + 1) * PerTask); row++)
            {
                Span<double> into = to.AsSpan(row * width, width);
                into.Clear();
                foreach (int entry in lists[row])
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(from.AsSpan(entry * width, width), entryScale?[entry] ?? 1, into, into);
                if (rowScale is not null)
                    System.Numerics.Tensors.TensorPrimitives.Multiply(into, rowScale[row], into);
            }
        });
    }
}
