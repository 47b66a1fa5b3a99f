using Inference.Training.Linear;
using Xunit;

namespace UnitTests.Training.Linear;

public sealed class SpdInverseTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(300)]
    public void Invert_OfADefiniteMatrix_GivesItsInverse(int size)
    {
        double[] matrix = NaiveMatrices.Definite(size, 3), inverse = (double[])matrix.Clone();
        // Only the lower triangle may be read.
        for (int row = 0; row < size; row++)
            inverse.AsSpan(row * size + row + 1, size - row - 1).Fill(double.NaN);
        SpdInverse.Invert(inverse, size);
        Assert.InRange(NaiveMatrices.Distance(NaiveMatrices.Multiply(matrix, inverse, size, size, size), Identity(size)), 0, 1e-8);
        Assert.Equal(NaiveMatrices.Transpose(inverse, size, size), inverse);
    }

    [Fact]
    public void Invert_OfFloats_IsNear()
    {
        const int Size = 150;
        double[] matrix = NaiveMatrices.Definite(Size, 3), inverse = (double[])matrix.Clone();
        for (int i = 0; i < Size; i++)
            inverse[i * Size + i] = matrix[i * Size + i] += 100;
        float[] single = Array.ConvertAll(matrix, static value => (float)value);
        SpdInverse.Invert(inverse, Size);
        SpdInverse.Invert(single, Size);
        Assert.InRange(NaiveMatrices.Distance(single, Array.ConvertAll(inverse, static value => (float)value)), 0, 1e-6);
    }

    [Fact]
    public void Invert_OfAMatrixThatIsNotDefinite_Throws()
    {
        double[] matrix = Identity(140);
        matrix[^1] = -1;
        Assert.Throws<ArithmeticException>(() => SpdInverse.Invert(matrix, 140));
    }

    [Fact]
    public void Invert_OfTheWrongShape_Throws() => Assert.Throws<ArgumentException>(() => SpdInverse.Invert(new double[5], 2));

    private static double[] Identity(int size)
    {
        double[] identity = new double[size * size];
        for (int i = 0; i < size; i++)
            identity[i * size + i] = 1;
        return identity;
    }
}
