using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors.Graph;

/// <summary>What both layouts find, against the exact index.</summary>
public sealed class GraphIndexRecallTests
{
    private const int Count = 4_000;

    /// <summary>Shape, metric, dimension, and the recall@10 that either layout reaches at its default width.</summary>
    public static TheoryData<GraphShape, Metric, int, double> Worlds() => new()
    {
        { GraphShape.Uniform, Metric.L2, 8, 0.99 },
        { GraphShape.Clustered, Metric.L2, 24, 0.99 },
        { GraphShape.Clustered, Metric.L2, 128, 0.99 },
        { GraphShape.Uniform, Metric.L2, 100, 0.7 },
        { GraphShape.SkewedNorms, Metric.L2, 600, 0.99 },
        { GraphShape.SkewedNorms, Metric.InnerProduct, 8, 0.99 },
        { GraphShape.SkewedNorms, Metric.InnerProduct, 64, 0.99 },
        { GraphShape.Clustered, Metric.InnerProduct, 130, 0.95 },
        { GraphShape.Uniform, Metric.InnerProduct, 48, 0.8 },
        { GraphShape.Clustered, Metric.Cosine, 48, 0.99 },
        { GraphShape.SkewedNorms, Metric.Cosine, 100, 0.99 },
        { GraphShape.Uniform, Metric.Cosine, 24, 0.95 },
        { GraphShape.Clustered, Metric.Cosine, 600, 0.99 },
        { GraphShape.Uniform, Metric.Cosine, 1, 0.99 },
    };

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Search_AtTheDefaultWidth_FindsTheFloor(GraphShape shape, Metric metric, int dimension, double floor)
    {
        GraphWorld world = GraphWorld.Of(shape, metric, dimension, dimension > 500 ? 1_500 : Count);
        foreach (IndexKind kind in (IndexKind[])[IndexKind.Fast, IndexKind.Compact])
        {
            VectorIndex graph = world.Graph(kind);
            Assert.Equal((kind, metric, dimension, world.Count), (graph.Kind, graph.Metric, graph.Dimension, graph.Count));

            double one = world.Recall(graph, 1), ten = world.Recall(graph, 10), hundred = world.Recall(graph, 100), wide = world.Recall(graph, 10, width: 800);

            // The numbers are printed together, because they explain each other.
            string seen = $"{kind}: recall@1 {one:F3}, @10 {ten:F3}, @100 {hundred:F3}, @10 with width 800 {wide:F3}";
            Assert.True(one >= floor - 0.05 && ten >= floor && hundred >= floor - 0.25 && wide >= Math.Min(0.99, floor + 0.15), seen);
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Search_WithMoreWidth_FindsMore(IndexKind kind)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Uniform, Metric.L2, 100, Count);
        VectorIndex graph = world.Graph(kind);

        double[] recalls = [.. ((int[])[10, 40, 160, 640]).Select(width => world.Recall(graph, 10, width: width))];

        Assert.Equal(recalls.Order(), recalls);
        Assert.True(recalls[3] > recalls[0] + 0.2, string.Join(" ", recalls));
    }

    [Theory]
    [InlineData(IndexKind.Fast, Metric.L2)]
    [InlineData(IndexKind.Compact, Metric.InnerProduct)]
    public void Search_WithEveryWidth_FindsEveryRowThatIsWanted(IndexKind kind, Metric metric)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Clustered, metric, metric == Metric.L2 ? 24 : 130, Count);
        VectorIndex graph = world.Graph(kind);
        foreach (int wanted in (int[])[1, 999, 1000, 1001, Count, Count + 50])
        {
            foreach (int width in (int[])[1, 5, 5_000, int.MaxValue])
            {
                Neighbor[] found = GraphAssert.Search(graph, world.Queries[0], wanted, width: width);
                Assert.Equal(Math.Min(wanted, Count), found.Length);
                GraphAssert.Wellformed(found);
            }
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast, Metric.L2, 24)]
    [InlineData(IndexKind.Fast, Metric.Cosine, 100)]
    [InlineData(IndexKind.Compact, Metric.L2, 24)]
    [InlineData(IndexKind.Compact, Metric.Cosine, 100)]
    public void Search_OfManyTogether_FindsWhatEachFindsAlone(IndexKind kind, Metric metric, int dimension)
    {
        GraphWorld world = GraphWorld.Of(metric == Metric.L2 ? GraphShape.Clustered : GraphShape.SkewedNorms, metric, dimension, Count);
        var random = new Random(4);
        using RowSet few = RowSet.Rent(Count), half = RowSet.Rent(Count);
        for (int row = 0; row < Count; row++)
        {
            if (row % 2 == 0)
                half.Add(row);
            if (row % 100 == 0)
                few.Add(row);
        }
        RowFilter[] filters = [RowFilter.None, RowFilter.Allow(half), RowFilter.Allow(few), RowFilter.Deny(few), RowFilter.Of(half, few)];
        foreach (int count in (int[])[0, 1, 2, 7, 8, 9, 16, 33])
        {
            var requests = new SearchRequest[count];
            for (int i = 0; i < count; i++)
            {
                int wanted = random.Next(6) == 0 ? 0 : random.Next(8) == 0 ? Count / 2 : random.Next(1, 60);
                requests[i] = new SearchRequest(world.Queries[random.Next(world.Queries.Length)], new Neighbor[wanted], filters[random.Next(filters.Length)]);
            }
            GraphAssert.SameTogether(world.Graph(kind), requests, width: random.Next(2) * 50);
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast, 2)]
    [InlineData(IndexKind.Fast, 4)]
    public void Search_WithCodesOfEitherSize_FindsTheFloor(IndexKind kind, int bits)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Clustered, Metric.L2, 24, Count);
        using VectorIndex graph = IndexBuilder.Build(world.Matrix, world.Metric, new IndexOptions { Kind = kind, TargetRecall = 0, CodeBits = bits });

        Assert.True(world.Recall(graph, 10) >= 0.97, $"{world.Recall(graph, 10)}");
    }

    [Fact]
    public void Search_WithManyThousandDimensions_FindsWhatTheFlatIndexFinds()
    {
        // More than the sums of 2-bit codes hold in 16 bits.
        const int Rows = 300, Dimension = 6_000;
        using VectorMatrix matrix = SeededVectors.Matrix(Rows, Dimension, seed: 5);
        using var flat = new ExactIndex(matrix, Metric.L2);
        using VectorIndex graph = IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = IndexKind.Fast, TargetRecall = 0, CodeBits = 2 });
        for (int row = 0; row < Rows; row += 40)
        {
            float[] query = [.. matrix.Row(row).ToArray().Select(static x => x * 0.9f)];
            Assert.Equal(row, GraphAssert.Search(graph, query, 1)[0].Row);
        }
    }
}
