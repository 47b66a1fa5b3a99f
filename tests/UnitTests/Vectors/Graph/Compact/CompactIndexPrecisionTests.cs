using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Graph.Compact;

/// <summary>How near the compact layout comes to the vectors that it was made of.</summary>
public sealed class CompactIndexPrecisionTests
{
    [Fact]
    public void Search_AmongRowsCloserThanEightBitsTell_FindsTheNearest()
    {
        // Two heaps far apart: the mean lies between them, and the differences within a heap are as small as the steps of 8 bits.
        const int Rows = 2_000, Dimension = 64;
        using VectorMatrix matrix = Heaps(Rows, Dimension, spread: 0.006f);
        using var exact = new ExactIndex(matrix, Metric.L2);
        using VectorIndex compact = Build(matrix, Metric.L2);
        int hits = 0, asked = 0;
        for (int row = 0; row < Rows; row += 20, asked += 10)
        {
            float[] query = [.. matrix.Row(row).ToArray().Zip(SeededVectors.Uniform(Dimension, seed: row), static (x, noise) => x + noise * 0.006f)];
            int[] truth = [.. GraphAssert.Search(exact, query, 10).Select(static found => found.Row)];
            hits += GraphAssert.Search(compact, query, 10, width: 400).Count(found => truth.Contains(found.Row));
        }

        Assert.True(hits >= 0.9 * asked, $"recall {(double)hits / asked:F3}");
    }

    [Fact]
    public void Score_OfCosine_ErrsLittleWhereQueryAndRowPointTheSameWay()
    {
        const int Rows = 400, Dimension = 64;
        using VectorMatrix matrix = SeededVectors.Matrix(Rows, Dimension, seed: 3);
        using var exact = new ExactIndex(matrix, Metric.Cosine);
        using VectorIndex compact = Build(matrix, Metric.Cosine);
        double squared = 0;
        for (int row = 0; row < Rows; row++)
        {
            float[] query = [.. matrix.Row(row).ToArray().Zip(SeededVectors.Uniform(Dimension, seed: row), static (x, noise) => x + noise * 0.1f)];
            float expected = exact.Score(query, row), actual = compact.Score(query, row);
            squared += Math.Pow(expected - actual, 2);
        }

        // 12 bits are off by 4·10⁻⁵ in any one direction; along the row itself there is nothing left of it.
        Assert.True(Math.Sqrt(squared / Rows) < 1.2e-5, $"{Math.Sqrt(squared / Rows)}");
    }

    private static VectorIndex Build(VectorMatrix matrix, Metric metric) =>
        IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = IndexKind.Compact, TargetRecall = 0 });

    private static VectorMatrix Heaps(int rows, int dimension, float spread)
    {
        float[] middle = SeededVectors.Uniform(dimension, seed: 1), noise = SeededVectors.Uniform(rows * dimension, seed: 2);
        return VectorMatrix.Create(rows, dimension, (row, vector) =>
        {
            for (int i = 0; i < vector.Length; i++)
                vector[i] = (row % 2 == 0 ? middle[i] : -middle[i]) + spread * noise[row * dimension + i];
        });
    }
}
