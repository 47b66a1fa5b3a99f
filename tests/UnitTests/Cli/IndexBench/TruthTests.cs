using Inference.Cli.Frame;
using Inference.Cli.IndexBench;
using Inference.Vectors;
using UnitTests.Vectors;
using Xunit;

namespace UnitTests.Cli.IndexBench;

public sealed class TruthTests
{
    private static readonly IProgress<double> Unheard = new Progress<double>();

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.L2)]
    public void Compute_OverSeveralBlocks_FindsWhatSortingFinds(Metric metric)
    {
        const int Dimension = 256; // 512 rows a block
        float[] rows = SeededVectors.WholeNumbers(1300 * Dimension, seed: 1);
        float[] queries = SeededVectors.WholeNumbers(7 * Dimension, seed: 2);
        using BenchSet set = Set(rows, queries, Dimension, metric);
        using Truth truth = Truth.Compute(set, 12, Unheard, CancellationToken.None);
        var ranking = new TrueRanking(rows, Dimension, metric);
        for (int query = 0; query < 7; query++)
        {
            float[] vector = set.Query(query).ToArray();
            double[] expected = [.. ranking.Rank(vector, static _ => true).Take(12).Select(neighbor => (double)neighbor.Score)];
            double[] actual = [.. truth.Best[query].Select(row => ranking.Score(vector, row))];
            Assert.Equal(12, truth.Best[query].Distinct().Count());
            for (int i = 0; i < 12; i++)
                Assert.Equal(expected[i], actual[i], 1e-5);
        }
    }

    [Fact]
    public void Compute_WithEqualRowsInDifferentBlocks_PrefersTheFirst()
    {
        const int Dimension = 256;
        float[] rows = new float[1100 * Dimension];
        foreach (int row in new[] { 3, 600, 1099 })
            rows[row * Dimension] = 1;
        float[] query = new float[Dimension];
        query[0] = 1;
        using BenchSet set = Set(rows, query, Dimension, Metric.InnerProduct);
        using Truth truth = Truth.Compute(set, 4, Unheard, CancellationToken.None);
        Assert.Equal([3, 600, 1099, 0], truth.Best[0]);
    }

    [Fact]
    public void Recall_WithRowsThatTieForTheLastPlace_CountsAnyOfThem()
    {
        // Scores 5, 4, 4, 4, 1: of the three that tie, two belong to the best three, whichever they are.
        using BenchSet set = Set([5, 4, 4, 4, 1], [1], 1, Metric.InnerProduct);
        using Truth truth = Truth.Compute(set, 3, Unheard, CancellationToken.None);
        Assert.Equal(1, truth.Recall(0, Answer(0, 1, 2)));
        Assert.Equal(1, truth.Recall(0, Answer(0, 2, 3)));
        Assert.Equal(1, truth.Recall(0, Answer(1, 2, 3)));
        Assert.Equal(2 / 3.0, truth.Recall(0, Answer(0, 3, 4)), 1e-12);
        Assert.Equal(2 / 3.0, truth.Recall(0, Answer(0, 3)), 1e-12);
        Assert.Equal(0, truth.Recall(0, []));
    }

    [Fact]
    public void Recall_WithARowNamedTwice_CountsItOnce()
    {
        using BenchSet set = Set([5, 4, 3, 2, 1], [1], 1, Metric.InnerProduct);
        using Truth truth = Truth.Compute(set, 2, Unheard, CancellationToken.None);
        Assert.Equal(0.5, truth.Recall(0, Answer(0, 0)));
    }

    [Fact]
    public void Recall_WithFalseScoresInTheAnswer_GoesByTheTrueOnes()
    {
        using BenchSet set = Set([5, 4, 3, 2, 1], [1], 1, Metric.InnerProduct);
        using Truth truth = Truth.Compute(set, 2, Unheard, CancellationToken.None);
        Assert.Equal(0.5, truth.Recall(0, [new Neighbor(4, 100), new Neighbor(0, 90)]));
    }

    [Fact]
    public void Recall_WithFewerRowsThanK_IsOneForAllOfThem()
    {
        using BenchSet set = Set([5, 4], [1], 1, Metric.L2);
        using Truth truth = Truth.Compute(set, 10, Unheard, CancellationToken.None);
        Assert.Equal(1, truth.Recall(0, Answer(1, 0)));
        Assert.Equal(0.5, truth.Recall(0, Answer(1)));
    }

    [Fact]
    public void Recall_WithALastPlaceWithinRounding_CountsIt()
    {
        using BenchSet set = Set([2f, 1f, MathF.BitDecrement(1f), 0.9999f], [1], 1, Metric.InnerProduct);
        using Truth truth = Truth.Compute(set, 2, Unheard, CancellationToken.None);
        Assert.Equal(1, truth.Recall(0, Answer(0, 2)));
        Assert.Equal(0.5, truth.Recall(0, Answer(0, 3)));
    }

    [Fact]
    public void Read_OfWhatSaveWrote_IsTheSame()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".ivecs");
        try
        {
            using BenchSet set = Set(SeededVectors.Uniform(400, 5), SeededVectors.Uniform(40, 6), 4, Metric.L2);
            using Truth computed = Truth.Compute(set, 10, Unheard, CancellationToken.None);
            computed.Save(path);
            using Truth read = Truth.Read(path, set, 5);
            Assert.Equal(computed.Best.Select(static rows => rows[..5]), read.Best);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(1, 2, 0, 0, "truth of 1 queries; there are 2")]
    [InlineData(2, 1, 0, 0, "the best 1 rows of each query; 2 are needed")]
    [InlineData(2, 2, 0, 9, "row 9 of query 0 does not exist; there are 5")]
    [InlineData(2, 2, 0, -1, "row -1 of query 0 does not exist")]
    [InlineData(2, 2, 3, 3, "query 0 names a row twice")]
    public void Read_OfTruthThatDoesNotFit_SaysWhy(int queries, int columns, int first, int second, string expected)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".ivecs");
        try
        {
            VecsFile.WriteIntegers(path, Enumerable.Repeat(new[] { first, second }[..columns], queries));
            using BenchSet set = Set([5, 4, 3, 2, 1], [1, 2], 1, Metric.InnerProduct);
            CommandFailedException failure = Assert.Throws<CommandFailedException>(() => Truth.Read(path, set, 2));
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static BenchSet Set(float[] rows, float[] queries, int dimension, Metric metric)
    {
        using VectorMatrix matrix = VectorMatrix.Create(queries, dimension);
        return BenchSet.Create(VectorMatrix.Create(rows, dimension), matrix, metric);
    }

    private static Neighbor[] Answer(params int[] rows) => Array.ConvertAll(rows, static row => new Neighbor(row, 0));
}
