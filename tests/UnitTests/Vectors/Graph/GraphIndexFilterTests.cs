using Inference.Vectors;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Graph;

/// <summary>Filters of all sizes, spread evenly or related to the query: nothing else is found, and no less than without them.</summary>
public sealed class GraphIndexFilterTests
{
    private const int Count = 4_000, Wanted = 10;

    private const double Floor = 0.95;

    public static TheoryData<IndexKind, Metric> Indexes() => new()
    {
        { IndexKind.Fast, Metric.L2 },
        { IndexKind.Fast, Metric.InnerProduct },
        { IndexKind.Compact, Metric.L2 },
        { IndexKind.Compact, Metric.Cosine },
    };

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithRandomRowsEligible_FindsTheFloorAmongThem(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        var random = new Random(1);
        foreach (double share in (double[])[0.99, 0.5, 0.1, 0.01, 0.001, 0])
        {
            bool[] eligible = [.. Enumerable.Range(0, Count).Select(_ => random.NextDouble() < share)];
            AssertFloor(world, kind, eligible, $"{share} of the rows");
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithOnlyTheFarthestOrNearestRowsEligible_FindsTheFloorAmongThem(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        foreach (float[] query in world.Queries.Take(6))
        {
            Neighbor[] ranking = GraphAssert.Search(world.Flat, query, Count);
            foreach (int eligibleCount in (int[])[Count / 2, Count / 10, 300])
            {
                foreach (bool far in (bool[])[false, true])
                {
                    var eligible = new bool[Count];
                    foreach (Neighbor neighbor in far ? ranking[^eligibleCount..] : ranking[..eligibleCount])
                        eligible[neighbor.Row] = true;
                    AssertFloor(world, kind, eligible, $"{eligibleCount} {(far ? "farthest" : "nearest")}", [query]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithOneClusterEligible_FindsTheFloorAmongIt(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        // Not related to most queries, but lying together: nodes outside lead nowhere.
        Neighbor[] cluster = GraphAssert.Search(world.Flat, world.Matrix.Row(17).ToArray(), 350);
        var eligible = new bool[Count];
        foreach (Neighbor neighbor in cluster)
            eligible[neighbor.Row] = true;

        AssertFloor(world, kind, eligible, "one cluster");
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithAlmostAllRowsDenied_FindsTheRest(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        foreach (int rest in (int[])[0, 1, Wanted, Wanted + 1])
        {
            using RowSet denied = RowSet.Rent(Count);
            for (int row = 0; row < Count - rest; row++)
                denied.Add(row);

            Neighbor[] found = GraphAssert.Search(world.Graph(kind), world.Queries[3], Wanted, RowFilter.Deny(denied));

            Assert.Equal(Math.Min(rest, Wanted), found.Length);
            GraphAssert.Wellformed(found, row => row >= Count - rest);
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithAnAllowSetThatIsDenied_FindsWhatIsLeft(IndexKind kind, Metric metric)
    {
        // The sizes of the sets do not give away how little they have in common.
        GraphWorld world = World(metric);
        using RowSet allowed = RowSet.Rent(Count), denied = RowSet.Rent(Count);
        for (int row = 0; row < Count; row++)
        {
            if (row % 2 == 0)
                allowed.Add(row);
            if (row is not (400 or 401 or 402))
                denied.Add(row);
        }
        denied.Remove(1001);

        Assert.Equal([400, 402], GraphAssert.Search(world.Graph(kind), world.Queries[0], Wanted, RowFilter.Of(allowed, denied)).Select(static n => n.Row).Order());
        Assert.Equal([400, 402], GraphAssert.Search(world.Graph(kind), world.Queries[0], 900, RowFilter.Of(allowed, denied)).Select(static n => n.Row).Order());
        denied.Add(400);
        denied.Add(402);
        Assert.Empty(GraphAssert.Search(world.Graph(kind), world.Queries[0], Wanted, RowFilter.Of(allowed, denied)));
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithRowsHidden_FindsTheFloorAmongTheRest(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        VectorIndex graph = world.Graph(kind);
        using RowSet even = RowSet.Rent(Count);
        for (int row = 0; row < Count; row += 2)
            even.Add(row);
        foreach (RowFilter filter in (RowFilter[])[RowFilter.None, RowFilter.Allow(even)])
        {
            // None, some, a few more than a search keeps, and all of the nearest; and all rows but a few.
            foreach (int hiddenCount in (int[])[0, 5, 60, 80, 150, 1000, Count - 3])
            {
                int hits = 0, possible = 0;
                foreach (float[] query in world.Queries.Take(10))
                {
                    var hidden = new RowBits(Count);
                    foreach (Neighbor neighbor in GraphAssert.Search(world.Flat, query, hiddenCount))
                        hidden.Add(neighbor.Row);
                    Neighbor[] truth = new Neighbor[Wanted], results = new Neighbor[Wanted];
                    int expected = world.Flat.SearchLive(query, truth, filter.Less(hidden), width: 0);

                    int found = graph.SearchLive(query, results, filter.Less(hidden), width: 0);

                    Assert.Equal(expected, found);
                    GraphAssert.Wellformed(results.AsSpan(0, found), row => !hidden.Contains(row) && (filter.Allowed is null || row % 2 == 0));
                    possible += expected;
                    hits += results[..found].Count(n => world.Flat.Score(query, n.Row) >= truth[expected - 1].Score - 1e-4f * Math.Abs(truth[expected - 1].Score));
                }
                // A little less: with the nearest out of the way, the rows that are wanted lie less close together.
                Assert.True(hits >= 0.85 * possible, $"{hiddenCount} hidden: {hits} of {possible}");
            }
        }
    }

    /// <summary>What one user has seen: few rows, most of them near to what he asks for. On both sides of what counts as few.</summary>
    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithTheNearestRowsDenied_FindsTheFloorAmongTheRest(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        using RowSet even = RowSet.Rent(Count);
        for (int row = 0; row < Count; row += 2)
            even.Add(row);
        foreach (RowSet? allowed in (RowSet?[])[null, even])
        {
            foreach (int deniedCount in (int[])[0, 1, 20, 100, 128, 129, 200])
            {
                int hits = 0;
                foreach (float[] query in world.Queries)
                {
                    using RowSet denied = RowSet.Rent(Count);
                    foreach (Neighbor neighbor in GraphAssert.Search(world.Flat, query, deniedCount))
                        denied.Add(neighbor.Row);
                    // One that is denied no more: its signature still says "perhaps".
                    int left = GraphAssert.Search(world.Flat, query, deniedCount + 2)[^1].Row;
                    denied.Add(left);
                    denied.Remove(left);
                    RowFilter filter = RowFilter.Of(allowed, denied);
                    Neighbor[] truth = GraphAssert.Search(world.Flat, query, Wanted, filter);

                    Neighbor[] found = GraphAssert.Search(world.Graph(kind), query, Wanted, filter);

                    Assert.Equal(Wanted, found.Length);
                    GraphAssert.Wellformed(found, row => !denied.Contains(row) && (allowed is null || row % 2 == 0));
                    hits += found.Count(n => world.Flat.Score(query, n.Row) >= truth[^1].Score - 1e-4f * Math.Abs(truth[^1].Score));
                }

                Assert.True(hits >= Floor * Wanted * world.Queries.Length, $"{deniedCount} denied: {hits} of {Wanted * world.Queries.Length}");
            }
        }
    }

    /// <summary>With changes that hide some of the nearest, and others denied: neither may take the places of those that are left.</summary>
    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithRowsHiddenAndOthersDenied_FindsTheFloorAmongTheRest(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        foreach (int hiddenCount in (int[])[1, 40, 150])
        {
            int hits = 0;
            foreach (float[] query in world.Queries)
            {
                using RowSet denied = RowSet.Rent(Count);
                var hidden = new RowBits(Count);
                Neighbor[] nearest = GraphAssert.Search(world.Flat, query, 2 * hiddenCount);
                for (int i = 0; i < nearest.Length; i++)
                {
                    if (i % 2 == 0)
                        hidden.Add(nearest[i].Row);
                    else if (i < 2 * 100)
                        denied.Add(nearest[i].Row);
                }

                RowFilter filter = RowFilter.Deny(denied).Less(hidden);
                Neighbor[] truth = new Neighbor[Wanted], results = new Neighbor[Wanted];
                Assert.Equal(Wanted, world.Flat.SearchLive(query, truth, filter, width: 0));

                Assert.Equal(Wanted, world.Graph(kind).SearchLive(query, results, filter, width: 0));

                GraphAssert.Wellformed(results, row => !hidden.Contains(row) && !denied.Contains(row));
                hits += results.Count(n => world.Flat.Score(query, n.Row) >= truth[^1].Score - 1e-4f * Math.Abs(truth[^1].Score));
            }

            Assert.True(hits >= 0.8 * Wanted * world.Queries.Length, $"{hiddenCount} hidden: {hits} of {Wanted * world.Queries.Length}");
        }
    }

    [Theory]
    [MemberData(nameof(Indexes))]
    public void Search_WithASetOverOtherRows_Throws(IndexKind kind, Metric metric)
    {
        GraphWorld world = World(metric);
        using RowSet set = RowSet.Rent(Count + 1);
        Assert.Throws<ArgumentException>(() => GraphAssert.Search(world.Graph(kind), world.Queries[0], 1, RowFilter.Allow(set)));
    }

    private static GraphWorld World(Metric metric) => metric switch
    {
        Metric.L2 => GraphWorld.Of(GraphShape.Clustered, metric, 24, Count),
        Metric.InnerProduct => GraphWorld.Of(GraphShape.SkewedNorms, metric, 64, Count),
        _ => GraphWorld.Of(GraphShape.Clustered, metric, 48, Count),
    };

    /// <summary>As an allow set and as a deny set.</summary>
    private static void AssertFloor(GraphWorld world, IndexKind kind, bool[] eligible, string what, float[][]? queries = null)
    {
        using RowSet allowed = RowSet.Rent(Count), denied = RowSet.Rent(Count);
        for (int row = 0; row < Count; row++)
            (eligible[row] ? allowed : denied).Add(row);
        foreach (RowFilter filter in (RowFilter[])[RowFilter.Allow(allowed), RowFilter.Deny(denied)])
        {
            double recall = world.Recall(world.Graph(kind), Wanted, filter, row => eligible[row], queries: queries);
            Assert.True(recall >= Floor, $"{what}: {recall:F3}");
        }
    }
}
