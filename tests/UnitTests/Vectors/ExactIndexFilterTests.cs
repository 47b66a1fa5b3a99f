using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

public sealed class ExactIndexFilterTests
{
    private const int Dimension = 8;

    /// <summary>From one row to all of them: the gather, the stream, and words of each kind in one search.</summary>
    [Theory]
    [InlineData(1000, 1)]
    [InlineData(1000, 10)]
    [InlineData(1000, 63)]
    [InlineData(1000, 64)]
    [InlineData(1000, 65)]
    [InlineData(1000, 400)]
    [InlineData(1000, 999)]
    [InlineData(1000, 1000)]
    [InlineData(64, 30)]
    [InlineData(1, 1)]
    [InlineData(1, 0)]
    public void Search_WithAnAllowSetOrADenySetOrBoth_SeesWhatIsEligible(int count, int size)
    {
        foreach (Metric metric in (Metric[])[Metric.InnerProduct, Metric.L2])
        {
            float[] rows = SeededVectors.WholeNumbers(count * Dimension, seed: size);
            var truth = new TrueRanking(rows, Dimension, metric);
            using var matrix = VectorMatrix.Create(rows, Dimension);
            using var index = new ExactIndex(matrix, metric);
            for (int seed = 0; seed < 5; seed++)
            {
                var random = new Random(seed);
                using RowSet set = RandomSet(count, size, random);
                using RowSet other = RandomSet(count, count / 3, random);
                float[] query = SeededVectors.WholeNumbers(Dimension, seed: 100 + seed);
                foreach (int wanted in (int[])[1, 20, count])
                {
                    AssertSearch(index, truth, query, wanted, RowFilter.Allow(set), set.Contains);
                    AssertSearch(index, truth, query, wanted, RowFilter.Deny(set), row => !set.Contains(row));
                    AssertSearch(index, truth, query, wanted, RowFilter.Of(set, other), row => set.Contains(row) && !other.Contains(row));
                    AssertSearch(index, truth, query, wanted, RowFilter.Of(null, null), static _ => true);
                }
            }
        }
    }

    [Fact]
    public void Search_WithSparseAndDenseWordsMixed_BreaksTiesByRow()
    {
        // All scores are equal; even words are allowed whole, odd ones by one row each, which is scored later than its neighbours.
        using var matrix = VectorMatrix.Create(64 * 20, Dimension, static (_, row) => row.Fill(1));
        using var index = new ExactIndex(matrix, Metric.InnerProduct);
        using RowSet allowed = RowSet.Rent(matrix.Count);
        for (int row = 0; row < matrix.Count; row++)
        {
            if (row / 64 % 2 == 0 || row % 64 == 5)
                allowed.Add(row);
        }
        var results = new Neighbor[300];

        Assert.Equal(300, index.Search(new float[Dimension], results, RowFilter.Allow(allowed)));

        Assert.Equal(Enumerable.Range(0, matrix.Count).Where(allowed.Contains).Take(300), results.Select(static n => n.Row));
    }

    [Fact]
    public void Search_WithCosineAndASmallAllowSet_GivesTheBitsOfTheFullSearch()
    {
        using var matrix = SeededVectors.Matrix(1000, 40, seed: 1);
        using var index = new ExactIndex(matrix, Metric.Cosine);
        float[] query = SeededVectors.Uniform(40, seed: 2);
        var all = new Neighbor[1000];
        index.Search(query, all);
        using RowSet allowed = RandomSet(1000, 50, new Random(3));
        var some = new Neighbor[50];

        Assert.Equal(50, index.Search(query, some, RowFilter.Allow(allowed)));

        Assert.Equal(all.Where(n => allowed.Contains(n.Row)), some);
    }

    [Fact]
    public void Search_WithEverythingDenied_FindsNothing()
    {
        using var matrix = SeededVectors.Matrix(130, Dimension, seed: 1);
        using var index = new ExactIndex(matrix, Metric.L2);
        using RowSet denied = RandomSet(130, 130, new Random(1));

        Assert.Equal(0, index.Search(new float[Dimension], new Neighbor[5], RowFilter.Deny(denied)));
        Assert.Equal(0, index.Search(new float[Dimension], new Neighbor[5], RowFilter.Of(denied, denied)));
    }

    [Fact]
    public void Search_WithASetOverAnotherNumberOfRows_Throws()
    {
        using var matrix = SeededVectors.Matrix(130, Dimension, seed: 1);
        using var index = new ExactIndex(matrix, Metric.L2);
        using RowSet right = RowSet.Rent(130);
        using RowSet wrong = RowSet.Rent(131);
        var query = new float[Dimension];

        Assert.Throws<ArgumentException>("filter", () => index.Search(query, new Neighbor[5], RowFilter.Deny(wrong)));
        Assert.Throws<ArgumentException>("filter", () => index.Search(query, new Neighbor[5], RowFilter.Allow(wrong)));
        Assert.Throws<ArgumentException>("filter", () => index.Search(query, new Neighbor[5], RowFilter.Of(right, wrong)));
        Assert.Throws<ArgumentException>("filter", () => index.Search(query, new Neighbor[5], RowFilter.Of(wrong, right)));
    }

    private static void AssertSearch(ExactIndex index, TrueRanking truth, float[] query, int wanted, RowFilter filter, Func<int, bool> isEligible)
    {
        var results = new Neighbor[wanted];
        int found = index.Search(query, results, filter);
        Neighbor[] expected = truth.Rank(query, isEligible);
        Assert.Equal(expected[..Math.Min(wanted, expected.Length)], results[..found]);
    }

    private static RowSet RandomSet(int rowCount, int size, Random random)
    {
        RowSet set = RowSet.Rent(rowCount);
        while (set.Count < size)
            set.Add(random.Next(rowCount));
        return set;
    }
}
