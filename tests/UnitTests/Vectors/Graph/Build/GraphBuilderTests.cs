using Inference.Vectors;
using Inference.Vectors.Graph;
using Inference.Vectors.Graph.Build;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Graph.Build;

public sealed class GraphBuilderTests : IDisposable
{
    private const int Degree = 16;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"graph-{Guid.NewGuid():N}.vix");

    public static TheoryData<string> Sets => ["uniform", "equal", "zero", "copies", "one", "two", "line"];

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(IndexKind.Fast, Metric.L2)]
    [InlineData(IndexKind.Compact, Metric.InnerProduct)]
    public void Build_WithTheSameSeed_GivesTheSameFileWhateverTheNumberOfThreads(IndexKind kind, Metric metric)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(3000, 20, seed: 1);

        byte[] one = Saved(matrix, metric, kind, threads: 1, seed: 1), four = Saved(matrix, metric, kind, threads: 4, seed: 1), other = Saved(matrix, metric, kind, threads: 4, seed: 2);

        Assert.Equal(one, four);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void Dispose_OfABuiltGraph_LeavesTheEntryPointsToWhoHoldsThem()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(50, 8, seed: 1);
        using GraphRows rows = GraphRows.Of(matrix, GraphSpace.Of(matrix, Metric.L2, seed: 1), new ParallelOptions());
        BuiltGraph held = GraphKernelSets.Use<Building, (GraphRows, RowBits?), BuiltGraph>((rows, null)), alone = GraphKernelSets.Use<Building, (GraphRows, RowBits?), BuiltGraph>((rows, null));

        EntryLayer entries = held.HoldEntries();
        held.Dispose();
        alone.Dispose();

        Assert.False(alone.Entries.TryHold());
        Assert.True(entries.TryHold());
        entries.Release();
        entries.Release();
        Assert.False(entries.TryHold());
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Build_OfAnyRows_ReachesEveryNodeByDifferentLinksWithinTheDegree(string set)
    {
        float[] rows = Rows(set, out int dimension);
        using VectorMatrix matrix = VectorMatrix.Create(rows, dimension);
        var absent = new RowBits(matrix.Count);
        if (matrix.Count > 10)
        {
            absent.Add(0);
            absent.Add(matrix.Count - 1);
        }
        foreach (RowBits? without in (RowBits?[])[null, absent])
        {
            using GraphRows prepared = GraphRows.Of(matrix, GraphSpace.Of(matrix, Metric.L2, seed: 1), new ParallelOptions());
            using BuiltGraph graph = GraphKernelSets.Use<Building, (GraphRows, RowBits?), BuiltGraph>((prepared, without));
            int[] nodes = [.. Enumerable.Range(0, matrix.Count).Where(node => without?.Contains(node) != true)];

            Assert.Equal(EntryLayer.SizeFor(nodes.Length), graph.Entries.Nodes.Distinct().Count());
            var reached = new HashSet<int>(graph.Entries.Nodes);
            var open = new Queue<int>(reached);
            while (open.TryDequeue(out int node))
            {
                int[] links = graph.Links.Of(node).ToArray();
                Assert.InRange(links.Length, 0, Degree);
                Assert.Equal(links.Length, links.Distinct().Count());
                Assert.DoesNotContain(node, links);
                foreach (int link in links)
                {
                    if (reached.Add(link))
                        open.Enqueue(link);
                }
            }
            Assert.Equal(nodes, reached.Order());
        }
    }

    [Fact]
    public void Build_WhenCancelled_Throws()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(20_000, 16, seed: 1);
        using var source = new CancellationTokenSource();
        // On a thread of its own: a timer's turn in the pool may come after the build, which takes all of it.
        var canceller = new Thread(source.Cancel);
        canceller.Start();

        Assert.ThrowsAny<OperationCanceledException>(() => IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = IndexKind.Fast, BuildWidth = 1024 }, source.Token));
        canceller.Join();
    }

    private byte[] Saved(VectorMatrix matrix, Metric metric, IndexKind kind, int threads, int seed)
    {
        using VectorIndex index = IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = kind, Threads = threads, Seed = seed, TargetRecall = 0 });
        index.Save(_path);
        return File.ReadAllBytes(_path);
    }

    private static float[] Rows(string set, out int dimension)
    {
        dimension = 8;
        float[] some = SeededVectors.Uniform(3000 * dimension, seed: 2);
        return set switch
        {
            "equal" => [.. Enumerable.Repeat(0.5f, 3000 * dimension)],
            "zero" => new float[3000 * dimension],
            "copies" => [.. Enumerable.Repeat(some[..(15 * dimension)], 200).SelectMany(static rows => rows)],
            "one" => some[..dimension],
            "two" => some[..(2 * dimension)],
            // Each next to two others, with nothing else near.
            "line" => [.. Enumerable.Range(0, 3000 * dimension).Select(static i => i % 8 == 0 ? MathF.Pow(1.004f, i / 8) : 0)],
            _ => some,
        };
    }

    private readonly struct Building : IKernelUse<(GraphRows Rows, RowBits? Absent), BuiltGraph>
    {
        public static BuiltGraph Run<TKernels>((GraphRows Rows, RowBits? Absent) argument)
            where TKernels : struct, IGraphKernels =>
            new GraphBuilder<TKernels>(argument.Rows, new BuildSettings(Degree), new ParallelOptions()).Build(argument.Absent);
    }
}
