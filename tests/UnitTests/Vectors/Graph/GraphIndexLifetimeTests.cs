using Inference.Vectors;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Graph;

/// <summary>Disposal while searches run, and what searches allocate.</summary>
public sealed class GraphIndexLifetimeTests
{
    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Dispose_WhileThreadsSearch_LetsThemEndOrThrow(IndexKind kind)
    {
        GraphWorld world = GraphWorld.Of(GraphShape.Clustered, Metric.L2, 24, 4_000);
        string path = Path.Combine(Path.GetTempPath(), $"graph-{Guid.NewGuid():N}.vix");
        world.Graph(kind).Save(path);
        try
        {
            for (int round = 0; round < 12; round++)
            {
                VectorIndex graph = VectorIndex.Load(path, new IndexLoadOptions(Resident: round % 2 == 0));
                using var began = new CountdownEvent(8);
                var failures = new System.Collections.Concurrent.ConcurrentBag<string>();
                Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(() => SearchUntilDisposed(graph, world, i, began, failures)))];
                foreach (Thread thread in threads)
                    thread.Start();
                began.Wait();
                Thread.SpinWait(1000 * round);
                graph.Dispose();
                graph.Dispose();
                foreach (Thread thread in threads)
                    thread.Join();
                Assert.Empty(failures);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void AnyUse_AfterDispose_Throws(IndexKind kind)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(600, 6, seed: 1);
        VectorIndex graph = IndexBuilder.Build(matrix, Metric.Cosine, new IndexOptions { Kind = kind, TargetRecall = 0 });
        graph.Dispose();

        Assert.Throws<ObjectDisposedException>(() => graph.Search(new float[6], new Neighbor[1]));
        Assert.Throws<ObjectDisposedException>(() => graph.Search(new SearchRequest[] { new(new float[6], new Neighbor[1]), new(new float[6], new Neighbor[1]) }));
        Assert.Throws<ObjectDisposedException>(() => graph.Score(new float[6], 0));
        Assert.Throws<ObjectDisposedException>(() => graph.CopyVector(0, new float[6]));
        Assert.Throws<ObjectDisposedException>(() => graph.Save(Path.Combine(Path.GetTempPath(), "disposed.vix")));
    }

    [Theory]
    [InlineData(IndexKind.Fast, Metric.L2)]
    [InlineData(IndexKind.Fast, Metric.InnerProduct)]
    [InlineData(IndexKind.Compact, Metric.L2)]
    [InlineData(IndexKind.Compact, Metric.Cosine)]
    public void SearchAndScore_WhenWarm_AllocateNothing(IndexKind kind, Metric metric)
    {
        GraphWorld world = metric == Metric.L2 ? GraphWorld.Of(GraphShape.Clustered, metric, 24, 4_000) : GraphWorld.Of(GraphShape.SkewedNorms, metric, 64, 4_000);
        VectorIndex graph = world.Graph(kind);
        using RowSet half = RowSet.Rent(world.Count), few = RowSet.Rent(world.Count);
        for (int row = 0; row < world.Count; row += 2)
            half.Add(row);
        few.AddRange([1, 2, 500]);
        var hidden = new RowBits(world.Count);
        foreach (Neighbor neighbor in GraphAssert.Search(world.Flat, world.Queries[0], 70))
            hidden.Add(neighbor.Row);
        var results = new Neighbor[2_000];
        int[] rows = [5, 6, 7];
        var scores = new float[3];
        RowFilter[] filters = [RowFilter.None, RowFilter.Allow(half), RowFilter.Deny(few), RowFilter.Allow(few), RowFilter.None.Less(hidden), RowFilter.Allow(half).Less(hidden)];
        var requests = new SearchRequest[18];
        for (int i = 0; i < requests.Length; i++)
            requests[i] = new SearchRequest(world.Queries[i], new Neighbor[10 + i], filters[i % filters.Length]);

        long least = long.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                foreach (RowFilter filter in filters)
                    graph.SearchLive(world.Queries[i], results.AsSpan(0, 10), filter, width: 0);
                // Wide enough that the set of visited nodes has to grow.
                graph.Search(world.Queries[i], results.AsSpan(0, 500), width: 1_000);
                graph.Search(world.Queries[i], results.AsSpan(0, 10), width: 40);
                graph.Search(world.Queries[i], results);
                graph.Score(world.Queries[i], rows, scores);
                graph.SearchLive(requests, width: 0);
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void SearchUntilDisposed(VectorIndex graph, GraphWorld world, int thread, CountdownEvent began, System.Collections.Concurrent.ConcurrentBag<string> failures)
    {
        try
        {
            var results = new Neighbor[10];
            SearchRequest[] requests = [.. world.Queries.Take(11).Select(static query => new SearchRequest(query, new Neighbor[10]))];
            for (int i = 0; ; i++)
            {
                if (thread % 2 == 0)
                {
                    if (graph.Search(world.Queries[i % world.Queries.Length], results) != 10)
                        failures.Add("too few");
                }
                else
                {
                    graph.Search(requests);
                }
                if (i == 0)
                    began.Signal();
            }
        }
        catch (ObjectDisposedException)
        {
            // What a disposed index throws.
        }
        catch (Exception e)
        {
            failures.Add(e.ToString());
        }
    }
}
