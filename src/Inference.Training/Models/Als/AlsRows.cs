using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>One half of alternating least squares: solves the factors of all rows with those of the columns fixed. Each row is the work of one thread.</summary>
internal static class AlsRows
{
    /// <summary>a₀ Yᵀ Y.</summary>
    public static float[] Gram(float[] factors, int dimension, double unseenWeight)
    {
        int rows = factors.Length / dimension;
        int[] all = new int[rows];
        for (int row = 0; row < rows; row++)
            all[row] = row;
        var solver = new SmallSpdSolver<float>(dimension);
        solver.Begin();
        solver.AddRows(factors, all);
        float[] gram = new float[dimension * dimension];
        solver.CopyTo(gram, (float)unseenWeight);
        return gram;
    }

    /// <param name="lists">Per row, the columns that it has.</param>
    /// <param name="fixedFactors">Factors of the columns.</param>
    /// <param name="solved">Receives those of the rows.</param>
    public static void Solve(RowLists lists, float[] fixedFactors, float[] solved, AlsOptions options)
    {
        int dimension = options.Dimension;
        int columns = fixedFactors.Length / dimension;
        float[] gram = Gram(fixedFactors, dimension, options.UnseenWeight);
        Parallel.For(0, lists.Count, () => new SmallSpdSolver<float>(dimension), (row, _, solver) =>
        {
            Solve(solver, gram, fixedFactors, lists[row], Ridge(options, lists[row].Length, columns), solved.AsSpan(row * dimension, dimension));
            return solver;
        }, static _ => { });
    }

    /// <summary>λ·(n + a₀·columns): scaled by the weight that a row has in all (Rendle et al., "Revisiting the performance of iALS on item recommendation benchmarks", 2022).</summary>
    public static float Ridge(AlsOptions options, int seen, int columns) => (float)(options.Ridge * (seen + options.UnseenWeight * columns));

    public static void Solve(SmallSpdSolver<float> solver, float[] gram, float[] factors, ReadOnlySpan<int> seen, float ridge, Span<float> x)
    {
        x.Clear();
        AddSeen(factors, seen, x);
        solver.Begin(gram);
        solver.AddRows(factors, seen);
        solver.Solve(ridge, x);
    }

    public static void AddSeen(float[] factors, ReadOnlySpan<int> seen, Span<float> x)
    {
        foreach (int column in seen)
            System.Numerics.Tensors.TensorPrimitives.Add(x, factors.AsSpan(column * x.Length, x.Length), x);
    }
}
