using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Exact;

public sealed class ScanIndexAllocationTests
{
    [Theory]
    [InlineData(Metric.InnerProduct, 64)]
    [InlineData(Metric.Cosine, 100)]
    [InlineData(Metric.L2, 2000)]
    public void SearchAndScore_WhenWarm_AllocateNothing(Metric metric, int dimension)
    {
        using var matrix = SeededVectors.Matrix(300, dimension, seed: 1);
        using var index = new ScanIndex(matrix, metric);
        using RowSet denied = RowSet.Rent(300);
        using RowSet allowed = RowSet.Rent(300);
        denied.AddRange([1, 2, 3]);
        allowed.AddRange([3, 4, 5, 100, 200]);
        float[] query = SeededVectors.Uniform(dimension, seed: 2);
        var results = new Neighbor[400];
        int[] rows = [5, 6, 7];
        var scores = new float[3];
        var requests = new SearchRequest[7];
        for (int i = 0; i < requests.Length; i++)
            requests[i] = new SearchRequest(query, new Neighbor[10 + i], i % 2 == 0 ? RowFilter.None : RowFilter.Deny(denied));

        long least = long.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++)
            {
                index.Search(query, results);
                index.Search(query, results.AsSpan(0, 10), RowFilter.Deny(denied));
                index.Search(query, results.AsSpan(0, 10), RowFilter.Of(allowed, denied));
                index.Score(query, rows, scores);
                index.Search(requests);
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
