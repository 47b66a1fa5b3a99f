using Inference.Training.Linear;
using Xunit;

namespace UnitTests.Training.Linear;

public sealed class CholeskyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(128)]
    [InlineData(200)]
    [InlineData(290)]
    public void Solve_OfADefiniteMatrix_GivesWhatItWasMadeOf(int size)
    {
        const int Columns = 3;
        double[] matrix = NaiveMatrices.Definite(size, 4), expected = NaiveMatrices.Random<double>(size * Columns, 5);
        double[] right = NaiveMatrices.Multiply(matrix, expected, size, size, Columns);
        Cholesky<double>.Factor(matrix, size).Solve(right, Columns);
        Assert.InRange(NaiveMatrices.Distance(right, expected), 0, 1e-8);
    }

    [Fact]
    public void Factor_OfAMatrixThatIsNotDefinite_Throws() => Assert.Throws<ArithmeticException>(() => Cholesky<double>.Factor([1, 0, 2, 1], 2));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(5, 3)]
    [InlineData(64, 200)]
    [InlineData(70, 129)]
    public void SmallSolver_OfGatheredRows_SolvesTheSystem(int size, int rows)
    {
        double[] table = NaiveMatrices.Random<double>((rows + 1) * size, 6), gram = NaiveMatrices.Definite(size, 7), right = NaiveMatrices.Random<double>(size, 8);
        int[] chosen = [.. Enumerable.Range(0, rows).Select(row => rows - row)];
        double[] matrix = (double[])gram.Clone();
        for (int i = 0; i < size; i++)
        {
            matrix[i * size + i] += 2;
            foreach (int row in chosen)
            {
                for (int j = 0; j < size; j++)
                    matrix[i * size + j] += table[row * size + i] * table[row * size + j];
            }
        }

        var solver = new SmallSpdSolver<double>(size);
        // Twice: nothing of the first system may be left.
        for (int repeat = 0; repeat < 2; repeat++)
        {
            double[] x = (double[])right.Clone();
            solver.Begin(gram);
            solver.AddRows(table, chosen);
            solver.Solve(2, x);
            Assert.InRange(NaiveMatrices.Distance(NaiveMatrices.Multiply(matrix, x, size, size, 1), right), 0, 1e-9);
        }
    }
}
