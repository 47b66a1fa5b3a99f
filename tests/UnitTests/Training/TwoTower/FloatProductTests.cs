using Inference.Training.Chance;
using Inference.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.TwoTower;

public sealed class FloatProductTests
{
    [Theory]
    [InlineData(1, 1, 16, false)]
    [InlineData(4, 3, 64, false)]
    [InlineData(7, 5, 80, true)]
    [InlineData(70, 33, 144, true)]
    public void Multiply_AsItStandsAndTransposed_IsTheSumOfProducts(int rows, int inner, int columns, bool add)
    {
        var random = new SeededRandom(3);
        float[] a = new float[rows * inner], b = new float[inner * columns], start = new float[rows * columns], turned = new float[a.Length];
        random.FillGaussian(a, Math.Sqrt(a.Length));
        random.FillGaussian(b, Math.Sqrt(b.Length));
        random.FillGaussian(start, Math.Sqrt(start.Length));
        FloatProduct.Transpose(a, rows, inner, turned, rows);
        float[] one = [.. start], two = [.. start];

        FloatProduct.Multiply(FloatView.RowMajor(a, inner), FloatView.RowMajor(b, columns), FloatView.RowMajor(one, columns), rows, inner, columns, add, new Lanes(1));
        FloatProduct.Multiply(FloatView.RowMajor(turned, rows).Transposed, FloatView.RowMajor(b, columns), FloatView.RowMajor(two, columns), rows, inner, columns, add, new Lanes(3));

        Assert.Equal(one, two);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double sum = add ? start[row * columns + column] : 0;
                for (int k = 0; k < inner; k++)
                    sum += (double)a[row * inner + k] * b[k * columns + column];
                Assert.Equal(sum, one[row * columns + column], 1e-4);
            }
        }
    }

    [Fact]
    public void Multiply_WithOddColumns_Throws() =>
        Assert.Throws<ArgumentException>(() => FloatProduct.Multiply(FloatView.RowMajor(new float[15], 1), FloatView.RowMajor(new float[15], 15), FloatView.RowMajor(new float[225], 15), 15, 1, 15, false, new Lanes(1)));
}
