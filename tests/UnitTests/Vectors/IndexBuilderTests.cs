using Inference.Vectors;
using UnitTests.Vectors.Graph;
using Xunit;

namespace UnitTests.Vectors;

public sealed class IndexBuilderTests
{
    [Theory]
    [InlineData(IndexKind.Flat)]
    [InlineData(IndexKind.Exact)]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Build_OfAKind_GivesThatKindAndTunesGraphs(IndexKind kind)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Clustered, Metric.Cosine, 48, 4_000);

        using VectorIndex index = IndexBuilder.Build(world.Matrix, world.Metric, new IndexOptions { Kind = kind, TargetRecall = 0.97 });

        Assert.Equal(kind, index.Kind);
        Assert.Equal(kind is IndexKind.Fast or IndexKind.Compact, index.Tuning is not null);
        Assert.True(world.Recall(index, 10) >= 0.93, $"{world.Recall(index, 10)}");
    }

    [Fact]
    public void Build_WithATargetOfZero_DoesNotTune()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(300, 4, seed: 1);
        using VectorIndex index = IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = IndexKind.Fast, TargetRecall = 0 });

        Assert.Null(index.Tuning);
    }

    [Fact]
    public void Build_ByItselfWithAScanThatIsFastEnough_TakesIt()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(3000, 16, seed: 1);
        using VectorIndex index = IndexBuilder.Build(matrix, Metric.Cosine, new IndexOptions { FastEnough = TimeSpan.FromHours(1) });

        Assert.Equal(IndexKind.Exact, index.Kind);
        Assert.Equal((0, 1.0, 10, 400), (index.Tuning!.Width, index.Tuning.Recall, index.Tuning.Wanted, index.Tuning.Queries));
    }

    [Theory]
    [InlineData(GraphShape.SkewedNorms, Metric.InnerProduct, 64, 0.99)]
    [InlineData(GraphShape.Clustered, Metric.L2, 24, 0.9)]
    [InlineData(GraphShape.Clustered, Metric.Cosine, 48, 0.99)]
    public void Build_ByItselfWithoutAScanThatIsFastEnough_TakesWhatReachesTheTarget(GraphShape shape, Metric metric, int dimension, double target)
    {
        GraphWorld world = GraphWorld.Of(shape, metric, dimension, 4_000);

        using VectorIndex index = IndexBuilder.Build(world.Matrix, metric, new IndexOptions { FastEnough = TimeSpan.Zero, TargetRecall = target });

        // Which of the two is the machine's choice.
        Assert.Contains(index.Kind, (IndexKind[])[IndexKind.Exact, IndexKind.Fast]);
        Assert.Equal((target, 10, 400, index.Kind != IndexKind.Exact), (index.Tuning!.TargetRecall, index.Tuning.Wanted, index.Tuning.Queries, index.Tuning.Width > 0));
        Assert.InRange(index.Tuning.Recall, target, 1);
        Assert.InRange(index.Tuning.Latency, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1));
        Assert.True(world.Recall(index, 10) >= target - 0.05, $"{index.Kind}: {world.Recall(index, 10)}");
    }

    [Fact]
    public void Build_ByItselfWithLittleMemory_DoesNotTakeTheFastLayout()
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Clustered, Metric.L2, 24, 4_000);
        using VectorIndex index = IndexBuilder.Build(world.Matrix, Metric.L2, new IndexOptions { FastEnough = TimeSpan.Zero, MemoryLimit = world.Graph(IndexKind.Fast).Bytes / 2 });

        Assert.Contains(index.Kind, (IndexKind[])[IndexKind.Exact, IndexKind.Compact]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    [InlineData(IndexKind.Exact)]
    public void Build_OfNoRows_GivesAnEmptyIndex(IndexKind? kind)
    {
        using VectorMatrix matrix = VectorMatrix.Create([], 4);
        using VectorIndex index = IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = kind, FastEnough = TimeSpan.Zero });

        Assert.Empty(GraphAssert.Search(index, new float[4], 5));
        Assert.Null(index.Tuning);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Flat)]
    [InlineData(IndexKind.Exact)]
    public void Build_WithAbsentRows_LeavesThemOut(IndexKind? kind)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(400, 4, seed: 2);
        using VectorIndex index = IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = kind, FastEnough = TimeSpan.Zero, AbsentRows = Enumerable.Range(100, 300).ToArray() });

        Assert.Equal(Enumerable.Range(0, 100), GraphAssert.Search(index, new float[4], 400).Select(static n => n.Row).Order());
        Assert.Equal(400, index.Count);
    }

    [Fact]
    public void Build_WithTheMatrixDisposedAfterwards_Works()
    {
        foreach (IndexKind kind in Enum.GetValues<IndexKind>())
        {
            VectorMatrix matrix = SeededVectors.Matrix(400, 4, seed: 3);
            using VectorIndex index = IndexBuilder.Build(matrix, Metric.Cosine, new IndexOptions { Kind = kind });
            matrix.Dispose();

            Assert.Equal(400, GraphAssert.Search(index, [1, 2, 3, 4], 500).Length);
        }
    }

    public static TheoryData<IndexOptions> OutOfRange =>
    [
        new() { Kind = (IndexKind)9 },
        new() { TargetRecall = -0.1 },
        new() { TargetRecall = 1.1 },
        new() { TargetRecall = double.NaN },
        new() { TargetRecall = 0 },
        new() { Wanted = 0 },
        new() { BuildWidth = 7 },
        new() { BuildWidth = 1025 },
        new() { CodeBits = 1 },
        new() { CodeBits = 3 },
        new() { Threads = 0 },
        new() { MemoryLimit = -1 },
    ];

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public void Build_WithAnOptionOutsideItsRange_Throws(IndexOptions options)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(10, 4, seed: 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => IndexBuilder.Build(matrix, Metric.L2, options));
    }

    public static TheoryData<IndexOptions> Unfit =>
    [
        new() { SampleQueries = new float[7] },
        new() { SampleQueries = new[] { 0, 1, float.NaN, 2 } },
        new() { Kind = IndexKind.Compact, SampleQueries = new[] { 0, 1, float.PositiveInfinity, 2 } },
        new() { AbsentRows = new[] { 10 } },
        new() { Kind = IndexKind.Fast, AbsentRows = new[] { -1 } },
    ];

    [Theory]
    [MemberData(nameof(Unfit), DisableDiscoveryEnumeration = true)]
    public void Build_WithASampleOrAbsentRowsThatDoNotFit_Throws(IndexOptions options)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(10, 4, seed: 5);
        Assert.Throws<ArgumentException>(() => IndexBuilder.Build(matrix, Metric.L2, options));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(IndexKind.Flat)]
    [InlineData(IndexKind.Exact)]
    [InlineData(IndexKind.Fast)]
    public void Build_WhenCancelledBefore_Throws(IndexKind? kind)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(100, 4, seed: 6);
        Assert.ThrowsAny<OperationCanceledException>(() => IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = kind }, new CancellationToken(canceled: true)));
    }
}
