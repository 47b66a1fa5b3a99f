using BenchmarkDotNet.Attributes;
using Inference.Training.Linear;

namespace Benchmarks.Training;

/// <summary>Blocked products and inverses against the loops of a textbook, in double. 1,000 rows are a small catalogue; cost grows with the third power.</summary>
[MemoryDiagnoser]
public class MatrixBenchmarks
{
    private double[] _matrix = [];

    [Params(256, 1000)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        // Symmetric and dominated by its diagonal, so definite.
        _matrix = new double[Size * Size];
        for (int row = 0; row < Size; row++)
        {
            for (int column = 0; column < Size; column++)
                _matrix[row * Size + column] = row == column ? 2 * Size : Math.Sin(row * column);
        }
    }

    [Benchmark(Baseline = true)]
    public double[] NaiveProduct()
    {
        double[] product = new double[Size * Size];
        for (int row = 0; row < Size; row++)
        {
            for (int k = 0; k < Size; k++)
            {
                double factor = _matrix[row * Size + k];
                for (int column = 0; column < Size; column++)
                    product[row * Size + column] += factor * _matrix[k * Size + column];
            }
        }

        return product;
    }

    [Benchmark]
    public double[] BlockedProduct() => MatrixProduct.Multiply(_matrix, _matrix, Size, Size, Size);

    /// <summary>Gauss-Jordan, pivot by pivot.</summary>
    [Benchmark]
    public double[] NaiveInverse()
    {
        double[] a = (double[])_matrix.Clone();
        for (int pivot = 0; pivot < Size; pivot++)
        {
            double inverse = 1 / a[pivot * Size + pivot];
            a[pivot * Size + pivot] = 1;
            for (int column = 0; column < Size; column++)
                a[pivot * Size + column] *= inverse;
            for (int row = 0; row < Size; row++)
            {
                if (row == pivot)
                    continue;
                double factor = a[row * Size + pivot];
                a[row * Size + pivot] = 0;
                for (int column = 0; column < Size; column++)
                    a[row * Size + column] -= factor * a[pivot * Size + column];
            }
        }

        return a;
    }

    [Benchmark]
    public double[] BlockedInverse()
    {
        double[] a = (double[])_matrix.Clone();
        SpdInverse.Invert(a, Size);
        return a;
    }
}
