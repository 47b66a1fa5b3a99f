using Inference.Vectors;
using Inference.Vectors.Tuning;
using UnitTests.Vectors.Graph;
using Xunit;

namespace UnitTests.Vectors.Tuning;

public sealed class TunerTests
{
    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Tune_ToMoreRecall_NeedsMoreWidthAndGivesIt(IndexKind kind)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Uniform, Metric.L2, 48, 4_000);
        float[] queries = [.. world.Queries.SelectMany(static query => query)];
        using VectorIndex graph = IndexBuilder.Build(world.Matrix, world.Metric, new IndexOptions { Kind = kind, TargetRecall = 0 });
        int last = 0;
        foreach (double target in (double[])[0.5, 0.9, 0.98])
        {
            var options = new IndexOptions { TargetRecall = target, SampleQueries = queries };
            Tuner.Tune(graph, world.Flat, TuningSample.Of(world.Matrix, null, options), options, CancellationToken.None);

            IndexTuning tuning = graph.Tuning!;
            Assert.Equal((target, 10, world.Queries.Length), (tuning.TargetRecall, tuning.Wanted, tuning.Queries));
            Assert.InRange(tuning.Recall, target, 1);
            Assert.InRange(tuning.Width, last, 2_000);
            last = tuning.Width;
            // The default width is now the tuned one, and the sample was these very queries.
            Assert.InRange(world.Recall(graph, 10), tuning.Recall - 0.01, tuning.Recall + 0.05);
            Assert.Equal(world.Recall(graph, 10, width: tuning.Width), world.Recall(graph, 10));
        }
        Assert.InRange(last, 20, 2_000);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 1)]
    [InlineData(9, 100)]
    [InlineData(300, 5_000_000)]
    public void Tune_WithFewRows_FindsThemAll(int count, int wanted)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(count, 5, seed: 1);
        using VectorIndex graph = IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = IndexKind.Fast, Wanted = wanted, TargetRecall = 0.9 });

        Assert.InRange(graph.Tuning!.Recall, 0.9, 1);
        Assert.Equal(count, graph.Tuning.Queries);
    }

    [Fact]
    public void Tune_OfEqualRows_CountsEachAsOneOfTheBest()
    {
        using VectorMatrix matrix = VectorMatrix.Create([.. Enumerable.Repeat(0.25f, 2000 * 6)], 6);
        using VectorIndex graph = IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = IndexKind.Fast });

        Assert.Equal(1, graph.Tuning!.Recall);
    }

    [Fact]
    public void Tune_WhenCancelled_Throws()
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Uniform, Metric.L2, 48, 4_000);
        var options = new IndexOptions();
        using VectorIndex graph = IndexBuilder.Build(world.Matrix, world.Metric, new IndexOptions { Kind = IndexKind.Compact, TargetRecall = 0 });

        Assert.Throws<OperationCanceledException>(() => Tuner.Tune(graph, world.Flat, TuningSample.Of(world.Matrix, null, options), options, new CancellationToken(canceled: true)));
        Assert.Null(graph.Tuning);
    }
}
