using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

public sealed class ExactIndexAllocationTests
{
    [Theory]
    [InlineData(Metric.InnerProduct, 64)]
    [InlineData(Metric.Cosine, 100)]
    [InlineData(Metric.L2, 2000)]
    public void SearchAndScore_WhenWarm_AllocateNothing(Metric metric, int dimension)
    {
        using var matrix = SeededVectors.Matrix(300, dimension, seed: 1);
        using var index = new ExactIndex(matrix, metric);
        using RowSet denied = RowSet.Rent(300);
        using RowSet allowed = RowSet.Rent(300);
        denied.AddRange([1, 2, 3]);
        allowed.AddRange([3, 4, 5, 100, 200]);
        float[] query = SeededVectors.Uniform(dimension, seed: 2);
        var results = new Neighbor[400];
        int[] rows = [5, 6, 7];
        var scores = new float[3];

        long allocated = LeastAllocated(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                index.Search(query, results);
                index.Search(query, results.AsSpan(0, 10), RowFilter.Deny(denied));
                index.Search(query, results.AsSpan(0, 10), RowFilter.Of(allowed, denied));
                index.Score(query, 17);
                index.Score(query, rows, scores);
            }
        });

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void RentAddDispose_WhenWarm_AllocatesTheSetObjectOnly()
    {
        const int Rounds = 1000;
        long allocated = LeastAllocated(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                using RowSet rows = RowSet.Rent(100_000);
                rows.Add(i);
            }
        });

        Assert.InRange(allocated / Rounds, 0, 40);
    }

    /// <summary>The steady state is the least of some rounds: the first ones fill pools, and a collection may charge the thread for the rest of its allocation window.</summary>
    private static long LeastAllocated(Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 8; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
