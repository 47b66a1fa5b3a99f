using System.Runtime.CompilerServices;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

public sealed class ExactIndexTests
{
    public static TheoryData<Metric> Metrics() => [Metric.InnerProduct, Metric.Cosine, Metric.L2];

    public static TheoryData<Metric, int, int> Shapes()
    {
        var shapes = new TheoryData<Metric, int, int>();
        foreach (Metric metric in (Metric[])[Metric.InnerProduct, Metric.Cosine, Metric.L2])
        {
            foreach (int count in (int[])[1, 15, 16, 17, 63, 64, 65, 129, 1000])
            {
                foreach (int dimension in (int[])[1, 7, 16, 64, 100])
                    shapes.Add(metric, count, dimension);
            }
        }
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Search_WithAnyShape_FindsTheBestRows(Metric metric, int count, int dimension)
    {
        float[] rows = SeededVectors.Uniform(count * dimension, seed: count);
        var truth = new TrueRanking(rows, dimension, metric);
        using var matrix = VectorMatrix.Create(rows, dimension);
        using var index = new ExactIndex(matrix, metric);
        foreach (int wanted in (int[])[1, 10, count, count + 5])
        {
            float[] query = SeededVectors.Uniform(dimension, seed: wanted);
            var results = new Neighbor[wanted];
            int found = index.Search(query, results);
            truth.AssertBest(query, results.AsSpan(0, found), wanted, static _ => true, tolerance: 1e-6 * (dimension + 4));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ScoreAll_WithAnyShape_GivesTheBitsOfScore(Metric metric, int count, int dimension)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(count, dimension, seed: count);
        using var index = new ExactIndex(matrix, metric);
        float[] query = SeededVectors.Uniform(dimension, seed: 2);
        float[] one = new float[count], all = new float[count + 1];
        all[count] = -7;
        index.Score(query, [.. Enumerable.Range(0, count)], one);

        index.ScoreAll(query, all);

        Assert.Equal(one, all[..count]);
        Assert.Equal(-7, all[count]);
        Assert.Throws<ArgumentException>(() => index.ScoreAll(query, new float[count - 1]));
    }

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.L2)]
    public void Search_WithScoresThatAreExact_GivesTheVeryRankingOfAFullSort(Metric metric)
    {
        const int Count = 3000, Dimension = 8;
        float[] rows = SeededVectors.WholeNumbers(Count * Dimension, seed: 1, largest: 2);
        var truth = new TrueRanking(rows, Dimension, metric);
        using var matrix = VectorMatrix.Create(rows, Dimension);
        using var index = new ExactIndex(matrix, metric);
        for (int seed = 0; seed < 30; seed++)
        {
            float[] query = SeededVectors.WholeNumbers(Dimension, seed: 100 + seed, largest: 2);
            var results = new Neighbor[1 + seed * seed];
            int found = index.Search(query, results);
            Assert.Equal(truth.Rank(query, static _ => true)[..found], results);
        }
    }

    [Theory]
    [MemberData(nameof(Metrics))]
    public void Search_WithEqualRows_OrdersThemByRow(Metric metric)
    {
        using var matrix = VectorMatrix.Create(300, 3, static (_, row) => row.Fill(0.7f));
        using var index = new ExactIndex(matrix, metric);
        var results = new Neighbor[70];

        Assert.Equal(70, index.Search([0.1f, 0.2f, 0.3f], results));

        Assert.Equal(Enumerable.Range(0, 70), results.Select(static n => n.Row));
        Assert.Single(results.Select(static n => n.Score).Distinct());
    }

    [Theory]
    [MemberData(nameof(Metrics))]
    public void Score_OfOneOrMoreRows_GivesTheBitsOfSearch(Metric metric)
    {
        const int Count = 500, Dimension = 37;
        using var matrix = SeededVectors.Matrix(Count, Dimension, seed: 1);
        using var index = new ExactIndex(matrix, metric);
        float[] query = SeededVectors.Uniform(Dimension, seed: 2);
        var results = new Neighbor[Count];
        index.Search(query, results);

        int[] rows = [.. results.Select(static n => n.Row)];
        var scores = new float[Count];
        index.Score(query, rows, scores);

        Assert.Equal(results.Select(static n => n.Score), scores);
        Assert.All(results[..20], n => Assert.Equal(n.Score, index.Score(query, n.Row)));
    }

    [Fact]
    public void Search_OnEveryMachineAndWidth_GivesTheSameBits()
    {
        // The digest was made by the scalar kernels. `./dev isa` holds every width to it, and so does every machine that runs this test.
        var digest = new Digest();
        foreach (Metric metric in (Metric[])[Metric.InnerProduct, Metric.Cosine, Metric.L2])
        {
            foreach (int dimension in (int[])[3, 64, 77, 128])
            {
                using var matrix = SeededVectors.Matrix(700, dimension, seed: dimension);
                using var index = new ExactIndex(matrix, metric);
                var results = new Neighbor[200];
                index.Search(SeededVectors.Uniform(dimension, seed: 9), results);
                foreach (Neighbor neighbor in results)
                {
                    digest.Add((uint)neighbor.Row);
                    digest.Add(BitConverter.SingleToUInt32Bits(neighbor.Score));
                }
            }
        }
        Assert.Equal(0x890BC55D6EA30E7FUL, digest.Value);
    }

    [Theory]
    [MemberData(nameof(Metrics))]
    public void Search_WithAnEmptyIndex_FindsNothing(Metric metric)
    {
        using var matrix = VectorMatrix.Create([], 4);
        using var index = new ExactIndex(matrix, metric);
        var results = new Neighbor[] { new(7, 7) };

        Assert.Equal(0, index.Search([1, 2, 3, 4], results));
        Assert.Equal(new Neighbor(7, 7), results[0]);
    }

    [Theory]
    [MemberData(nameof(Metrics))]
    public void Search_WithNoRoomForResults_FindsNothing(Metric metric)
    {
        using var matrix = SeededVectors.Matrix(100, 4, seed: 1);
        using var index = new ExactIndex(matrix, metric);

        Assert.Equal(0, index.Search([1, 2, 3, 4], []));
    }

    [Fact]
    public void Search_WithMoreRoomThanRows_LeavesTheRestAlone()
    {
        using var matrix = VectorMatrix.Create([1, 0, 0, 1, 2, 2], 2);
        using var index = new ExactIndex(matrix, Metric.InnerProduct);
        var results = new Neighbor[5];
        Array.Fill(results, new Neighbor(-1, -1));

        Assert.Equal(3, index.Search([1, 0.5f], results));
        Assert.Equal([new(2, 3), new(0, 1), new(1, 0.5f), new(-1, -1), new(-1, -1)], results);
    }

    [Fact]
    public void Search_WithZeroVectorsAndCosine_ScoresThemZero()
    {
        using var matrix = VectorMatrix.Create([0, 0, 3, 4, -3, -4, 0, 0], 2);
        using var index = new ExactIndex(matrix, Metric.Cosine);
        var results = new Neighbor[4];

        index.Search([6, 8], results);
        Assert.Equal([new(1, 1), new(0, 0), new(3, 0), new(2, -1)], results);

        index.Search([0, 0], results);
        Assert.Equal([new(0, 0), new(1, 0), new(2, 0), new(3, 0)], results);
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(1e-15f)]
    [InlineData(1e15f)]
    [InlineData(1e30f)]
    public void Search_WithCosineAndExtremeLengths_MeasuresTheAngle(float length)
    {
        using var matrix = VectorMatrix.Create([3 * length, 4 * length, -4 * length, 3 * length], 2);
        using var index = new ExactIndex(matrix, Metric.Cosine);
        var results = new Neighbor[2];

        index.Search([0.6f / length, 0.8f / length], results);

        Assert.Equal([0, 1], results.Select(static n => n.Row));
        Assert.Equal(1, results[0].Score, 1e-6f);
        Assert.Equal(0, results[1].Score, 1e-6f);
    }

    [Fact]
    public void Search_WithCosine_NeverLeavesMinusOneToOne()
    {
        float[] rows = SeededVectors.Uniform(1000 * 5, seed: 3);
        using var matrix = VectorMatrix.Create(rows, 5);
        using var index = new ExactIndex(matrix, Metric.Cosine);
        for (int row = 0; row < 1000; row++)
        {
            float[] query = rows[(row * 5)..(row * 5 + 5)];
            Assert.InRange(index.Score(query, row), 1 - 1e-6f, 1);
            Assert.InRange(index.Score(Array.ConvertAll(query, static x => -x), row), -1, -1 + 1e-6f);
        }
    }

    [Fact]
    public void Search_WithProductsBeyondTheRangeOfFloat_RanksThemWithoutNotANumber()
    {
        const float Huge = 3e38f;
        using var matrix = VectorMatrix.Create([Huge, 0, Huge, -Huge, 1, 1, -Huge, 0], 2);
        using var index = new ExactIndex(matrix, Metric.InnerProduct);
        var results = new Neighbor[4];

        Assert.Equal(4, index.Search([10, 10], results));

        // ∞, 20, then −∞ twice: as itself and for ∞ − ∞.
        Assert.Equal([0, 2, 1, 3], results.Select(static n => n.Row));
        Assert.Equal([float.PositiveInfinity, 20, float.NegativeInfinity, float.NegativeInfinity], results.Select(static n => n.Score));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Search_WithAQueryThatIsNotFinite_NamesThePosition(float value)
    {
        using var matrix = SeededVectors.Matrix(10, 20, seed: 1);
        using var index = new ExactIndex(matrix, Metric.InnerProduct);
        var query = new float[20];
        query[17] = value;

        var e = Assert.Throws<ArgumentException>("query", () => index.Search(query, new Neighbor[1]));
        Assert.Contains("at position 17", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("query", () => index.Score(query, 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(19)]
    [InlineData(21)]
    public void Search_WithAQueryOfAnotherLength_Throws(int length)
    {
        using var matrix = SeededVectors.Matrix(10, 20, seed: 1);
        using var index = new ExactIndex(matrix, Metric.InnerProduct);

        Assert.Throws<ArgumentException>("query", () => index.Search(new float[length], new Neighbor[1]));
        Assert.Throws<ArgumentException>("query", () => index.Score(new float[length], [0], new float[1]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void Score_OfARowOutOfRange_Throws(int row)
    {
        using var matrix = SeededVectors.Matrix(10, 4, seed: 1);
        using var index = new ExactIndex(matrix, Metric.Cosine);

        Assert.Throws<ArgumentOutOfRangeException>(() => index.Score(new float[4], row));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Score(new float[4], [0, row], new float[2]));
    }

    [Fact]
    public void Score_WithTooFewPlaces_Throws()
    {
        using var matrix = SeededVectors.Matrix(10, 4, seed: 1);
        using var index = new ExactIndex(matrix, Metric.L2);

        Assert.Throws<ArgumentException>("scores", () => index.Score(new float[4], [1, 2], new float[1]));
    }

    [Fact]
    public void Search_WithAVeryLongVector_Works()
    {
        // Longer than what is prepared on the stack.
        const int Dimension = 5000;
        float[] rows = SeededVectors.Uniform(20 * Dimension, seed: 1);
        float[] query = SeededVectors.Uniform(Dimension, seed: 2);
        using var matrix = VectorMatrix.Create(rows, Dimension);
        using var index = new ExactIndex(matrix, Metric.L2);
        var results = new Neighbor[20];

        index.Search(query, results);

        new TrueRanking(rows, Dimension, Metric.L2).AssertBest(query, results, 20, static _ => true, tolerance: 1e-2);
    }

    [Theory]
    [InlineData((Metric)0)]
    [InlineData((Metric)4)]
    public void Constructor_WithAnUnknownMetric_Throws(Metric metric)
    {
        using var matrix = SeededVectors.Matrix(1, 1, seed: 1);

        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactIndex(matrix, metric));
    }

    [Theory]
    [MemberData(nameof(Metrics))]
    public void Search_AfterTheMatrixIsDisposed_StillWorks(Metric metric)
    {
        VectorMatrix matrix = SeededVectors.Matrix(100, 8, seed: 1);
        using var index = new ExactIndex(matrix, metric);
        float[] query = SeededVectors.Uniform(8, seed: 2);
        var before = new Neighbor[10];
        index.Search(query, before);

        matrix.Dispose();
        var after = new Neighbor[10];
        index.Search(query, after);

        Assert.Equal(before, after);
        Assert.Throws<ObjectDisposedException>(() => new ExactIndex(VectorMatrixDisposed(), metric));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dispose_OfMatrixAndIndexInAnyOrder_FreesTheMemoryWithTheLast(bool matrixFirst)
    {
        VectorMatrix matrix = SeededVectors.Matrix(100, 8, seed: 1);
        var index = new ExactIndex(matrix, Metric.Cosine);
        index.Search(new float[8], new Neighbor[3]);
        index.Score(new float[8], 1);
        Assert.Throws<ArgumentException>(() => index.Search(new float[7], new Neighbor[3]));

        (matrixFirst ? (IDisposable)matrix : index).Dispose();
        Assert.False(Unsafe.IsNullRef(ref matrix.Memory.Start<float>()));

        (matrixFirst ? (IDisposable)index : matrix).Dispose();
        Assert.True(Unsafe.IsNullRef(ref matrix.Memory.Start<float>()));
    }

    [Fact]
    public void Search_AfterDispose_Throws()
    {
        using var matrix = SeededVectors.Matrix(100, 8, seed: 1);
        var index = new ExactIndex(matrix, Metric.L2);
        index.Dispose();
        index.Dispose();

        Assert.Throws<ObjectDisposedException>(() => index.Search(new float[8], new Neighbor[1]));
        Assert.Throws<ObjectDisposedException>(() => index.Score(new float[8], 0));
        Assert.Equal(8, matrix.Row(0).Length);
    }

    [Fact]
    public void Search_FromManyThreadsWhileDisposed_AnswersRightOrSaysSo()
    {
        const int Dimension = 16;
        float[] query = SeededVectors.Uniform(Dimension, seed: 2);
        for (int round = 0; round < 20; round++)
        {
            VectorMatrix matrix = SeededVectors.Matrix(5000, Dimension, seed: 1);
            var index = new ExactIndex(matrix, Metric.InnerProduct);
            matrix.Dispose();
            var expected = new Neighbor[10];
            index.Search(query, expected);

            Parallel.For(0, 64, i =>
            {
                if (i == 32)
                {
                    index.Dispose();
                    return;
                }
                try
                {
                    var results = new Neighbor[10];
                    index.Search(query, results);
                    Assert.Equal(expected, results);
                }
                catch (ObjectDisposedException)
                {
                    // The one other outcome that is right.
                }
            });
        }
    }

    private static VectorMatrix VectorMatrixDisposed()
    {
        VectorMatrix matrix = SeededVectors.Matrix(1, 1, seed: 1);
        matrix.Dispose();
        return matrix;
    }

    /// <summary>FNV-1a over 32-bit words: a digest that is the same everywhere, which HashCode is not.</summary>
    private sealed class Digest
    {
        public ulong Value { get; private set; } = 14695981039346656037;

        public void Add(uint word) => Value = (Value ^ word) * 1099511628211;
    }
}
