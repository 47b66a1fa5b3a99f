using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Graph;

internal static class GraphAssert
{
    /// <summary>Results are ordered by score and then by row, of eligible rows, none of them twice, and their scores are finite.</summary>
    public static void Wellformed(ReadOnlySpan<Neighbor> results, Func<int, bool>? isEligible = null)
    {
        var seen = new HashSet<int>();
        for (int i = 0; i < results.Length; i++)
        {
            Assert.True(seen.Add(results[i].Row), $"row {results[i].Row} is there twice");
            Assert.True(isEligible?.Invoke(results[i].Row) != false, $"row {results[i].Row} is not eligible");
            Assert.True(float.IsFinite(results[i].Score), $"the score of row {results[i].Row} is {results[i].Score}");
            if (i > 0)
                Assert.True(results[i - 1].Score > results[i].Score || (results[i - 1].Score == results[i].Score && results[i - 1].Row < results[i].Row), $"rank {i} is out of order: {results[i - 1]}, {results[i]}");
        }
    }

    /// <summary>Each search done with others finds to the bit what it finds alone.</summary>
    public static void SameTogether(VectorIndex index, Span<SearchRequest> requests, int width = 0)
    {
        index.Search(requests, width);
        foreach (SearchRequest request in requests)
        {
            var alone = new Neighbor[request.Results.Length];
            int found = index.Search(request.Query.Span, alone, request.Filter, width);
            Assert.Equal(alone[..found], request.Results[..request.Found].ToArray());
        }
    }

    public static Neighbor[] Search(VectorIndex index, float[] query, int wanted, RowFilter filter = default, int width = 0)
    {
        var results = new Neighbor[wanted];
        return results[..index.Search(query, results, filter, width)];
    }
}
