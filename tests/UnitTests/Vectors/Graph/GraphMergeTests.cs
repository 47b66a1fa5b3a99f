using Inference.Vectors;
using Inference.Vectors.Live;
using Inference.Vectors.Search;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Vectors.Graph;

/// <summary>Graphs that take changes: what they find afterwards, what stays as it was, and that the outcome depends on nothing else.</summary>
public sealed class GraphMergeTests(ITestOutputHelper output)
{
    private const int Dimension = ChangingGraph.Dimension, Narrow = 16;

    public static TheoryData<IndexKind, Metric> Cases
    {
        get
        {
            var cases = new TheoryData<IndexKind, Metric>();
            foreach (IndexKind kind in (IndexKind[])[IndexKind.Fast, IndexKind.Compact])
            {
                foreach (Metric metric in Enum.GetValues<Metric>())
                    cases.Add(kind, metric);
            }
            return cases;
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast, Metric.L2)]
    [InlineData(IndexKind.Fast, Metric.InnerProduct)]
    [InlineData(IndexKind.Compact, Metric.Cosine)]
    public void Merge_TwentyTimes_FindsWhatAFreshBuildFinds(IndexKind kind, Metric metric)
    {
        var source = new Clusters(1);
        using var graph = new ChangingGraph(kind, metric, 5000, _ => source.Next());
        var random = new Random(2);
        for (int merge = 0; merge < 20; merge++)
            graph.Churn(random, 250, source.Next);

        float[][] queries = [.. Enumerable.Range(0, 300).Select(_ => source.Next())];
        using VectorIndex fresh = graph.Fresh();
        double merged = graph.Recall(graph.Index, queries, Narrow), floor = graph.Recall(fresh, queries, Narrow);
        output.WriteLine($"merged {merged}, fresh {floor}");
        Assert.InRange(merged, floor - 0.01, 1);
        AssertHolds(graph);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_OfReplacedRows_FindsThemByTheirNewVectors(IndexKind kind, Metric metric)
    {
        var source = new Clusters(3);
        using var graph = new ChangingGraph(kind, metric, 2000, _ => source.Next());
        float[][] old = [.. Enumerable.Range(0, 200).Select(row => graph.Rows[row * 10])];
        graph.Merge([], Enumerable.Range(0, 200).ToDictionary(static row => row * 10, _ => source.Next()));

        for (int i = 0; i < old.Length; i++)
            Assert.Equal(new TrueRanking(graph.Rows[i * 10], Dimension, metric).Score(old[i], 0), graph.Index.Score(old[i], i * 10), 0.02);
        AssertHolds(graph);
        Assert.InRange(graph.Recall(graph.Index, graph.Rows.Values.Where((_, i) => i % 10 == 0), Narrow), 0.97, 1);
        Assert.InRange(graph.Recall(graph.Index, old, Narrow), 0.97, 1);
    }

    [Theory]
    [InlineData(IndexKind.Fast, Metric.Cosine)]
    [InlineData(IndexKind.Compact, Metric.L2)]
    [InlineData(IndexKind.Compact, Metric.InnerProduct)]
    public void Merge_FromNoRowsOrOne_GrowsAGoodGraph(IndexKind kind, Metric metric)
    {
        foreach (int first in (int[])[0, 1])
        {
            var source = new Clusters(4);
            using var graph = new ChangingGraph(kind, metric, first, _ => source.Next());
            for (int size = Math.Max(first, 1); graph.RowCount < 2000; size *= 3)
                graph.Merge([], Enumerable.Range(graph.RowCount, size).ToDictionary(static row => row, _ => source.Next()));

            using VectorIndex fresh = graph.Fresh();
            float[][] queries = [.. Enumerable.Range(0, 200).Select(_ => source.Next())];
            Assert.InRange(graph.Recall(graph.Index, queries, Narrow), graph.Recall(fresh, queries, Narrow) - 0.015, 1);
            AssertHolds(graph);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_ThatDeletesAll_LeavesAnIndexThatCanBeFilledAgain(IndexKind kind, Metric metric)
    {
        var source = new Clusters(5);
        using var graph = new ChangingGraph(kind, metric, 600, _ => source.Next());
        graph.Merge([.. Enumerable.Range(0, 600)], new Dictionary<int, float[]>());
        Assert.Equal(0, graph.Index.Search(source.Next(), new Neighbor[10]));
        Assert.False(graph.Index.HasVector(0));
        graph.Merge([], new Dictionary<int, float[]>());
        graph.Merge([], Enumerable.Range(300, 900).ToDictionary(static row => row, _ => source.Next()));

        Assert.InRange(graph.Recall(graph.Index, Enumerable.Range(0, 100).Select(_ => source.Next()), width: 64), 0.97, 1);
        Assert.False(graph.Index.HasVector(299));
        AssertHolds(graph);
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Merge_OfANewRegion_FindsItsRows(IndexKind kind)
    {
        var source = new Clusters(6);
        using var graph = new ChangingGraph(kind, Metric.L2, 3000, _ => source.Next());
        float[] Far() => Array.ConvertAll(source.Next(), static element => element / 2 + 2);
        graph.Merge([], Enumerable.Range(3000, 1000).ToDictionary(static row => row, _ => Far()));

        using VectorIndex fresh = graph.Fresh();
        float[][] queries = [.. Enumerable.Range(0, 300).Select(i => i < 200 ? Far() : source.Next())];
        Assert.InRange(graph.Recall(graph.Index, queries, Narrow), graph.Recall(fresh, queries, Narrow) - 0.015, 1);
        AssertHolds(graph);
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Merge_WithManyEqualVectors_KeepsAllWithinReach(IndexKind kind)
    {
        var source = new Clusters(7);
        float[] same = source.Next();
        using var graph = new ChangingGraph(kind, Metric.L2, 1500, row => row % 3 == 0 ? same : source.Next());
        graph.Merge([.. Enumerable.Range(0, 300)], Enumerable.Range(1500, 300).ToDictionary(static row => row, _ => same));
        graph.Merge([], Enumerable.Range(100, 300).ToDictionary(static row => row, _ => source.Next()));

        AssertHolds(graph);
        var results = new Neighbor[50];
        Assert.Equal(50, graph.Index.Search(same, results));
        Assert.All(results, hit => Assert.Same(same, graph.Rows[hit.Row]));
        Assert.InRange(graph.Recall(graph.Index, Enumerable.Range(0, 100).Select(_ => source.Next()), width: 96), 0.97, 1);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_Again_KeepsTheScoresOfRowsThatStayToTheBit(IndexKind kind, Metric metric)
    {
        var source = new Clusters(8);
        using var graph = new ChangingGraph(kind, metric, 1000, _ => source.Next());
        var random = new Random(9);
        float[] query = source.Next(), vector = new float[Dimension];
        int[] stay = [.. Enumerable.Range(0, 1000).Where(static row => row % 7 == 0)];
        float[] scores = new float[stay.Length], after = new float[stay.Length], vectorBefore = new float[Dimension];
        graph.Index.Score(query, stay, scores);
        graph.Index.CopyVector(stay[5], vectorBefore);
        for (int merge = 0; merge < 6; merge++)
        {
            int[] others = [.. graph.Rows.Keys.Where(static row => row % 7 != 0)];
            random.Shuffle(others);
            graph.Merge(others[..50], others[50..120].ToDictionary(static row => row, _ => source.Next()));
        }
        graph.Index.Score(query, stay, after);
        graph.Index.CopyVector(stay[5], vector);

        Assert.Equal(scores, after);
        Assert.Equal(vectorBefore, vector);
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Merge_WithAnyNumberOfThreads_AndFromAFile_GivesTheSameBytes(IndexKind kind)
    {
        string folder = Directory.CreateTempSubdirectory("merge").FullName;
        try
        {
            var source = new Clusters(10);
            using var graph = new ChangingGraph(kind, Metric.Cosine, 2500, _ => source.Next());
            graph.Index.Save(Path.Combine(folder, "before"));
            using VectorIndex loaded = VectorIndex.Load(Path.Combine(folder, "before"));
            IndexChanges changes = graph.Changes(
                [.. Enumerable.Range(100, 200)], Enumerable.Range(250, 200).Concat(Enumerable.Range(2600, 300)).ToDictionary(static row => row, _ => source.Next()));
            byte[][] files = new byte[3][];
            for (int i = 0; i < files.Length; i++)
            {
                string path = Path.Combine(folder, "after" + i);
                using VectorIndex merged = (i == 2 ? loaded : graph.Index).Merged(changes, threads: i == 0 ? 1 : 5, CancellationToken.None);
                merged.Save(path);
                files[i] = File.ReadAllBytes(path);
                if (i != 0)
                    continue;
                using VectorIndex again = VectorIndex.Load(path);
                Neighbor[] expected = new Neighbor[20], actual = new Neighbor[20];
                float[] query = source.Next();
                Assert.Equal(merged.Search(query, expected), again.Search(query, actual));
                Assert.Equal(expected, actual);
            }
            Assert.Equal(files[0], files[1]);
            Assert.Equal(files[0], files[2]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Merge_ThatIsCancelled_ThrowsAndLeavesTheIndexAsItIs(IndexKind kind)
    {
        var source = new Clusters(11);
        using var graph = new ChangingGraph(kind, Metric.L2, 1000, _ => source.Next());
        using var ended = new CancellationTokenSource();
        IndexChanges changes = graph.Changes([1, 2], Enumerable.Range(3, 600).ToDictionary(static row => row, _ => source.Next()), ended.Cancel);

        Assert.ThrowsAny<OperationCanceledException>(() => graph.Index.Merged(changes, 2, ended.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => graph.Index.Merged(changes, 1, new CancellationToken(canceled: true)));
        AssertHolds(graph);
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Merge_OfAnIndexThatIsDisposedMeanwhile_Ends(IndexKind kind)
    {
        var source = new Clusters(12);
        using var graph = new ChangingGraph(kind, Metric.L2, 1000, _ => source.Next());
        IndexChanges changes = graph.Changes([1, 2], Enumerable.Range(900, 400).ToDictionary(static row => row, _ => source.Next()), graph.Index.Dispose);
        using VectorIndex merged = graph.Index.Merged(changes, 1, CancellationToken.None);

        Assert.Equal(10, merged.Search(source.Next(), new Neighbor[10]));
        Assert.Throws<ObjectDisposedException>(() => graph.Index.Merged(changes, 1, CancellationToken.None));
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Merge_OfATunedGraph_KeepsItsTuning(IndexKind kind)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(1000, Dimension, seed: 13);
        using VectorIndex index = IndexBuilder.Build(matrix, Metric.L2, new IndexOptions { Kind = kind });
        using VectorIndex merged = index.Merged(new IndexChanges(1000, [3], [], static _ => default), 1, CancellationToken.None);

        Assert.NotNull(index.Tuning);
        Assert.Equal(index.Tuning, merged.Tuning);
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Search_WhereAllThatIsNearHasChanged_LooksPastIt(IndexKind kind)
    {
        var source = new Clusters(14);
        using var graph = new ChangingGraph(kind, Metric.L2, 4000, _ => source.Next());
        float[] query = graph.Rows[0];
        var ranked = graph.Rows.OrderBy(row => System.Numerics.Tensors.TensorPrimitives.Distance<float>(row.Value, query)).Select(static row => row.Key).ToArray();
        var hidden = new RowBits(4000);
        foreach (int row in ranked[..300])
            hidden.Add(row);
        SearchRequest[] requests = [.. Enumerable.Range(0, 3).Select(_ => new SearchRequest(query, new Neighbor[10], RowFilter.None.Less(hidden)))];
        graph.Index.SearchLive(requests, width: 20);
        requests[0].Found = graph.Index.SearchLive(query, requests[0].Results.Span, RowFilter.None.Less(hidden), width: 20);

        foreach (SearchRequest request in requests)
            Assert.InRange(request.Results.ToArray().Count(hit => Array.IndexOf(ranked, hit.Row) is >= 300 and < 310), 9, 10);
    }

    /// <summary>Every row that is there is found by its own vector, by a wide search, and no other row is known.</summary>
    private static void AssertHolds(ChangingGraph graph)
    {
        Assert.Equal(graph.RowCount, graph.Index.Count);
        var results = new Neighbor[20];
        for (int row = 0; row < graph.RowCount; row++)
        {
            Assert.Equal(graph.Rows.ContainsKey(row), graph.Index.HasVector(row));
            if (row % 9 != 0 || !graph.Rows.TryGetValue(row, out float[]? vector))
                continue;
            float own = graph.Index.Score(vector, row);
            int found = graph.Index.Search(vector, results, width: 200);
            // Others may score as high: for inner product, and where vectors are equal.
            Assert.True(results[..found].Any(hit => hit.Row == row) || results[found - 1].Score >= own, $"row {row} is not found by its own vector");
        }
    }

    /// <summary>Seeded vectors around a hundred centres.</summary>
    private sealed class Clusters(int seed)
    {
        private readonly float[] _centres = SeededVectors.Uniform(100 * Dimension, seed: 99);
        private readonly Random _random = new(seed);

        public float[] Next()
        {
            int centre = _random.Next(100) * Dimension;
            var vector = new float[Dimension];
            for (int i = 0; i < Dimension; i++)
                vector[i] = _centres[centre + i] + (_random.NextSingle() - 0.5f) * 0.8f;
            return vector;
        }
    }
}
