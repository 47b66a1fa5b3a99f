using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Vectors;
using UnitTests.Vectors.Graph;
using Xunit;

namespace UnitTests.Recommendations.Filters;

/// <summary>What graphs find under filters of any tightness, against exact search under the same filter.</summary>
public sealed class FilterRecallTests
{
    private const int Count = 4_000, Wanted = 10;

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public async Task Search_UnderAFilter_FindsNoLessThanWithoutOne(IndexKind kind)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.SkewedNorms, Metric.InnerProduct, 64, Count);
        VectorIndex graph = world.Graph(kind);
        var random = new Random(5);
        using var shop = new FilterShop([.. Enumerable.Range(0, Count).Select(_ => new Dictionary<string, FeatureValue> { ["n"] = FeatureValue.Of(random.NextDouble()) })]);
        double without = world.Recall(graph, Wanted);
        foreach (double share in (double[])[0.5, 0.1, 0.01, 0.001])
        {
            FilterRows rows = (await shop.FindAsync(FormattableString.Invariant($"n < {share}"))).Rows;
            Assert.InRange(rows.Count, 1, (int)(Count * share * 1.5) + 5);

            double recall = world.Recall(graph, Wanted, RowFilter.Allow(rows.Rows), rows.Rows.Contains);

            Assert.True(recall >= Math.Min(without, 0.99), $"{kind} at {share}: {recall:F4} of {rows.Count} rows, {without:F4} without a filter");
        }
    }
}
