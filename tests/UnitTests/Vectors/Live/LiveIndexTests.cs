using Inference.Vectors;
using Inference.Vectors.Live;
using Xunit;

namespace UnitTests.Vectors.Live;

public sealed class LiveIndexTests
{
    private const int Dimension = 6;

    /// <summary>Random changes, searches, filters and merges against a dictionary and an exact search of it.</summary>
    [Theory]
    [InlineData(IndexKind.Flat, Metric.InnerProduct, 0, 1, 100)]
    [InlineData(IndexKind.Flat, Metric.L2, 200, 2, 7)]
    [InlineData(IndexKind.Flat, Metric.Cosine, 200, 3, 40)]
    [InlineData(IndexKind.Flat, Metric.L2, 64, 4, 100_000)]
    [InlineData(IndexKind.Flat, Metric.InnerProduct, 1000, 5, 1)]
    [InlineData(IndexKind.Exact, Metric.InnerProduct, 0, 6, 100)]
    [InlineData(IndexKind.Exact, Metric.L2, 500, 7, 30)]
    [InlineData(IndexKind.Exact, Metric.Cosine, 500, 8, 100_000)]
    public void Search_AfterRandomChanges_FindsWhatAnExactSearchOfTheModelFinds(IndexKind kind, Metric metric, int count, int seed, int threshold)
    {
        using LiveIndex live = LiveModel.Live(count, Dimension, metric, new LiveOptions { MergeThreshold = threshold }, kind);
        LiveModel model = LiveModel.Of(count, Dimension, metric);
        var random = new Random(seed);
        int rowCount = count;
        for (int step = 0; step < 3000; step++)
        {
            float[] vector = SeededVectors.WholeNumbers(Dimension, seed: 1000 + step);
            int row = random.Next(rowCount + 2);
            switch (random.Next(10))
            {
                case 0 or 1 or 2 or 3:
                    live.Upsert(row, vector);
                    model.Rows[row] = vector;
                    rowCount = Math.Max(rowCount, row + 1);
                    break;
                case 4 or 5:
                    Assert.Equal(model.Rows.Remove(row), live.Delete(row));
                    break;
                case 6:
                    Assert.Equal(rowCount, live.Append(vector));
                    model.Rows[rowCount++] = vector;
                    break;
                case 7 when step % 20 == 0:
                    live.Merge();
                    Assert.Equal(0, live.Pending);
                    break;
                default:
                    SearchEveryWay(live, model, vector, random);
                    break;
            }
            Assert.Equal(rowCount, live.RowCount);
        }
        live.Merge();
        model.AssertSame(live, SeededVectors.WholeNumbers(Dimension, seed: 1), rowCount + 5);
        var copy = new float[Dimension];
        for (int row = 0; row < rowCount; row++)
        {
            Assert.Equal(model.Rows.ContainsKey(row), live.Contains(row));
            Assert.Equal(model.Rows.ContainsKey(row), live.TryCopyVector(row, copy));
            if (model.Rows.TryGetValue(row, out float[]? vector))
                Assert.Equal(vector, copy);
        }
        Assert.InRange(live.Merges, 1, 3000);
        Assert.Equal(0, live.FailedMerges);
    }

    /// <summary>Rows of the index, changed ones, deleted ones and ones that never were, before and after a merge.</summary>
    [Theory]
    [InlineData(IndexKind.Flat, Metric.InnerProduct)]
    [InlineData(IndexKind.Exact, Metric.Cosine)]
    [InlineData(IndexKind.Exact, Metric.L2)]
    public void Score_OfAnyRow_HasTheBitsOfASearch(IndexKind kind, Metric metric)
    {
        using LiveIndex live = LiveModel.Live(200, Dimension, metric, kind: kind);
        LiveModel model = LiveModel.Of(200, Dimension, metric);
        for (int round = 0; round < 4; round++)
        {
            for (int row = round; row < 230; row += 3)
                live.Upsert(row, model.Rows[row] = SeededVectors.WholeNumbers(Dimension, seed: 100 * round + row));
            for (int row = round; row < 200; row += 11)
                Assert.Equal(model.Rows.Remove(row), live.Delete(row));
            if (round == 2)
                live.Merge();
            float[] query = SeededVectors.WholeNumbers(Dimension, seed: round);
            Dictionary<int, float> expected = model.Search(query, 300).ToDictionary(hit => hit.Row, hit => hit.Score);
            int[] rows = [.. Enumerable.Range(-1, 240)];
            var scores = new float[rows.Length];
            var copy = new float[Dimension];

            live.Score(query, rows, scores);

            for (int i = 0; i < rows.Length; i++)
            {
                Assert.Equal(expected.GetValueOrDefault(rows[i], float.NaN), scores[i]);
                Assert.Equal(scores[i], live.Score(query, rows[i]));
                Assert.Equal(model.Rows.TryGetValue(rows[i], out float[]? vector), live.TryCopyVector(rows[i], copy));
                Assert.True(vector is null || vector.AsSpan().SequenceEqual(copy));
            }
        }

        Assert.Throws<ArgumentException>("scores", () => live.Score(new float[Dimension], [1, 2], new float[1]));
        Assert.Throws<ArgumentException>("query", () => live.Score(new float[Dimension + 1], 1));
    }

    [Fact]
    public void Upsert_OfALateAddition_NeedsNoMergeToBeFound()
    {
        using LiveIndex live = LiveModel.Live(0, 2, Metric.InnerProduct);
        var results = new Neighbor[3];
        Assert.Equal(0, live.Search([1, 1], results));

        live.Upsert(5, [1, 2]);
        Assert.Equal([new Neighbor(5, 3)], results[..live.Search([1, 1], results)]);
        live.Upsert(5, [2, 2]);
        Assert.Equal([new Neighbor(5, 4)], results[..live.Search([1, 1], results)]);
        Assert.Equal((1, 6, 2), (live.Count, live.RowCount, live.Pending));
        Assert.True(live.Delete(5));
        Assert.False(live.Delete(5));
        Assert.False(live.Delete(-1));
        Assert.False(live.Delete(100));
        Assert.Equal(0, live.Search([1, 1], results));
        live.Merge();
        Assert.Equal((0, 6, 0), (live.Count, live.RowCount, live.Pending));
        Assert.Equal(0, live.Search([1, 1], results));
        Assert.Equal(6, live.Append([0, 1]));
        Assert.Equal([new Neighbor(6, 1)], results[..live.Search([1, 1], results)]);
    }

    /// <summary>Sets that are smaller than the index, because it has grown, and larger ones.</summary>
    [Fact]
    public void Search_WithSetsOverFewerRows_TakesTheRowsBehindThemAsNotAllowedAndNotDenied()
    {
        using LiveIndex live = LiveModel.Live(100, Dimension, Metric.L2);
        LiveModel model = LiveModel.Of(100, Dimension, Metric.L2);
        for (int round = 0; round < 3; round++)
        {
            foreach (int setRows in (int[])[0, 1, 64, 65, 99, 100, 128, 200, 1000])
            {
                using RowSet set = RowSet.Rent(setRows);
                for (int row = 0; row < setRows; row += 3)
                    set.Add(row);
                float[] query = SeededVectors.WholeNumbers(Dimension, seed: setRows);
                model.AssertSame(live, query, 50, RowFilter.Allow(set), set.Contains);
                model.AssertSame(live, query, 50, RowFilter.Deny(set), row => !set.Contains(row));
                model.AssertSame(live, query, 50, RowFilter.Of(set, set), static _ => false);
            }
            if (round == 1)
                live.Merge();
            for (int i = 0; i < 80; i++)
            {
                float[] vector = SeededVectors.WholeNumbers(Dimension, seed: 500 + i + round);
                model.Rows[live.Append(vector)] = vector;
            }
        }
    }

    /// <summary>Lengths where estimates from codes are good, bad and void: the changes are found with the bits of an exact search.</summary>
    [Theory]
    [InlineData(Metric.InnerProduct, 70)]
    [InlineData(Metric.Cosine, 70)]
    [InlineData(Metric.L2, 70)]
    [InlineData(Metric.L2, 1)]
    [InlineData(Metric.InnerProduct, 2000)]
    public void Search_OfChangesOfAnyLength_FindsThemToTheBit(Metric metric, int dimension)
    {
        using LiveIndex live = LiveModel.Live(10, dimension, metric);
        LiveModel model = LiveModel.Of(10, dimension, metric);
        var random = new Random(1);
        float[] scales = [0, 1e-44f, 1e-38f, 1e-20f, 1, 1, 1, 1, 1e5f, 1e17f, 1e30f];
        for (int i = 0; i < 700; i++)
        {
            float scale = i < 300 ? 1 : scales[random.Next(scales.Length)];
            float[] vector = Array.ConvertAll(SeededVectors.Uniform(dimension, seed: i), x => x * scale);
            model.Rows[live.Append(vector)] = vector;
            if (i % 10 != 0 && i > 20)
                continue;
            float queryScale = i % 20 == 0 ? scales[random.Next(scales.Length)] : 1;
            float[] query = Array.ConvertAll(SeededVectors.Uniform(dimension, seed: -i), x => x * queryScale);
            model.AssertSame(live, query, 1);
            model.AssertSame(live, query, 10);
            model.AssertSame(live, query, 400);
        }
    }

    [Fact]
    public void Search_WithUnfitArguments_Throws()
    {
        using LiveIndex live = LiveModel.Live(10, Dimension, Metric.L2, new LiveOptions { MaxRowCount = 12 });
        var results = new Neighbor[3];
        Assert.Throws<ArgumentException>("query", () => live.Search(new float[5], results));
        Assert.Throws<ArgumentException>("query", () => live.Search([1, 2, 3, 4, 5, float.NaN], results));
        Assert.Throws<ArgumentOutOfRangeException>("width", () => live.Search(new float[Dimension], results, default, -1));
        Assert.Throws<ArgumentException>("vector", () => live.Upsert(1, new float[5]));
        Assert.Throws<ArgumentException>("vector", () => live.Append([1, 2, 3, 4, 5, float.PositiveInfinity]));
        Assert.Throws<ArgumentException>("vector", () => live.TryCopyVector(1, new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>("row", () => live.Upsert(-1, new float[Dimension]));
        Assert.Throws<ArgumentOutOfRangeException>("row", () => live.Upsert(12, new float[Dimension]));
        live.Append(new float[Dimension]);
        live.Append(new float[Dimension]);
        Assert.Throws<ArgumentOutOfRangeException>("row", () => live.Append(new float[Dimension]));
        Assert.Equal(0, live.Search(new float[Dimension], []));
        Assert.Equal(2, live.Pending);
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("MaxPending", () => LiveModel.Live(1, 1, Metric.L2, new LiveOptions { MaxPending = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("MergeThreshold", () => LiveModel.Live(1, 1, Metric.L2, new LiveOptions { MaxPending = 10, MergeThreshold = 11 }));
        Assert.Throws<ArgumentOutOfRangeException>("MergeThreads", () => LiveModel.Live(1, 1, Metric.L2, new LiveOptions { MergeThreads = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("RetryDelay", () => LiveModel.Live(1, 1, Metric.L2, new LiveOptions { RetryDelay = TimeSpan.FromHours(2) }));
        Assert.Throws<ArgumentOutOfRangeException>("WhenFull", () => LiveModel.Live(1, 1, Metric.L2, new LiveOptions { WhenFull = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>("MaxRowCount", () => LiveModel.Live(1, 1, Metric.L2, new LiveOptions { MaxRowCount = 0 }));
    }

    [Fact]
    public void Upsert_OfAHundredThousandInARow_LosesNothing()
    {
        const int Updates = 100_000;
        using LiveIndex live = LiveModel.Live(1000, Dimension, Metric.L2, new LiveOptions { MergeThreshold = 5000, MaxPending = 20_000 });
        for (int i = 0; i < Updates; i++)
            live.Upsert(i % 30_000, [i, 1, 2, 3, 4, 5]);

        Assert.Equal(30_000, live.Count);
        Assert.InRange(live.Pending, 0, 20_000);
        live.Merge();
        var vector = new float[Dimension];
        var results = new Neighbor[1];
        for (int row = 0; row < 30_000; row++)
        {
            int last = (Updates - 1 - row) / 30_000 * 30_000 + row;
            Assert.True(live.TryCopyVector(row, vector));
            Assert.Equal([last, 1, 2, 3, 4, 5], vector);
            if (row % 100 == 0)
            {
                live.Search(vector, results);
                Assert.Equal(new Neighbor(row, 0), results[0]);
            }
        }
        Assert.InRange(live.Merges, 2, 100);
        Assert.InRange(live.LastMergeDuration, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Save_WithPendingChanges_WritesThemToo()
    {
        string path = Path.Combine(Path.GetTempPath(), $"live-{Guid.NewGuid():N}.vix");
        try
        {
            using LiveIndex live = LiveModel.Live(100, Dimension, Metric.L2);
            LiveModel model = LiveModel.Of(100, Dimension, Metric.L2);
            live.Delete(7);
            model.Rows.Remove(7);
            model.Rows[live.Append([1, 2, 3, 3, 2, 1])] = [1, 2, 3, 3, 2, 1];
            live.Save(path);
            using var loaded = new LiveIndex(VectorIndex.Load(path));

            model.AssertSame(loaded, SeededVectors.WholeNumbers(Dimension, seed: 5), 200);
            Assert.Equal(101, loaded.RowCount);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Search_WhenWarm_AllocatesNothing()
    {
        using LiveIndex live = LiveModel.Live(300, Dimension, Metric.Cosine);
        for (int i = 0; i < 200; i++)
            live.Upsert(i * 2, SeededVectors.WholeNumbers(Dimension, seed: i));
        using RowSet denied = RowSet.Rent(300);
        denied.Add(3);
        float[] query = SeededVectors.WholeNumbers(Dimension, seed: 9);
        var results = new Neighbor[500];
        SearchRequest[] requests = [new(query, new Neighbor[10], RowFilter.Deny(denied)), new(query, new Neighbor[20])];

        long least = long.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++)
            {
                live.Search(query, results.AsSpan(0, 10), RowFilter.Deny(denied));
                live.Search(query, results);
                live.Search(requests);
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void SearchEveryWay(LiveIndex live, LiveModel model, float[] query, Random random)
    {
        int wanted = random.Next(4) switch { 0 => 1, 1 => 10, 2 => 300, _ => live.RowCount + 3 };
        using RowSet allowed = RandomSet(random, live.RowCount);
        using RowSet denied = RandomSet(random, live.RowCount);
        model.AssertSame(live, query, wanted);
        model.AssertSame(live, query, wanted, RowFilter.Of(allowed, denied), row => allowed.Contains(row) && !denied.Contains(row));
        SearchRequest[] requests =
        [
            new(query, new Neighbor[wanted]),
            new(query, Memory<Neighbor>.Empty),
            new(query, new Neighbor[wanted], RowFilter.Deny(denied)),
        ];
        live.Search(requests);
        Assert.Equal(model.Search(query, wanted), requests[0].Results[..requests[0].Found].ToArray());
        Assert.Equal(0, requests[1].Found);
        Assert.Equal(model.Search(query, wanted, row => !denied.Contains(row)), requests[2].Results[..requests[2].Found].ToArray());
    }

    private static RowSet RandomSet(Random random, int rowCount)
    {
        RowSet set = RowSet.Rent(random.Next(2 * rowCount + 1));
        for (int row = 0; row < set.RowCount; row++)
        {
            if (random.Next(2) == 0)
                set.Add(row);
        }
        return set;
    }
}
