using Inference.Training.Linear;
using Xunit;

namespace UnitTests.Training.Linear;

public sealed class MatrixProductTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 3, 5)]
    [InlineData(8, 16, 16)]
    [InlineData(9, 256, 33)]
    [InlineData(65, 257, 70)]
    [InlineData(130, 20, 31)]
    [InlineData(4, 0, 4)]
    public void Multiply_OfAnyShape_AgreesWithTheNaiveProduct(int rows, int depth, int columns)
    {
        double[] a = NaiveMatrices.Random<double>(rows * depth, 1), b = NaiveMatrices.Random<double>(depth * columns, 2);
        double[] expected = NaiveMatrices.Multiply(a, b, rows, depth, columns);
        Assert.InRange(NaiveMatrices.Distance(MatrixProduct.Multiply(a, b, rows, depth, columns), expected), 0, 1e-13);
        Assert.InRange(NaiveMatrices.Distance(MatrixProduct.MultiplyTransposed(a, NaiveMatrices.Transpose(b, depth, columns), rows, depth, columns), expected), 0, 1e-13);

        float[] single = Array.ConvertAll(a, static value => (float)value), other = Array.ConvertAll(b, static value => (float)value);
        Assert.InRange(NaiveMatrices.Distance(MatrixProduct.Multiply(single, other, rows, depth, columns), Array.ConvertAll(expected, static value => (float)value)), 0, 1e-5);
    }

    [Fact]
    public void Multiply_OfTooFewNumbers_Throws() => Assert.Throws<ArgumentException>(() => MatrixProduct.Multiply(new double[3], new double[4], 2, 2, 2));
}
