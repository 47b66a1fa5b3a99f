using System.Numerics.Tensors;
using Inference.Vectors;
using Inference.Vectors.Live;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Vectors.Live;

/// <summary>Searches, changes and merges at once. What holds at every moment is checked by the searches.</summary>
public sealed class LiveIndexStressTests(ITestOutputHelper output)
{
    private const int Dimension = 16, Stable = 400, Updated = 50, Flickering = 50, Rows = Stable + Updated + Flickering;
    private const float MostVersions = 1 << 20;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.5);

    private readonly long[] _begun = new long[Updated], _done = new long[Updated];

    /// <summary>Of each flickering row: 4n absent, 4n + 1 being added, 4n + 2 there, 4n + 3 being deleted.</summary>
    private readonly int[] _stage = new int[Flickering];

    private readonly float[][] _vectors = new float[Rows][];
    private volatile bool _stop;
    private double _tolerance;

    [Theory]
    [InlineData(IndexKind.Flat, 20, 60)]
    [InlineData(IndexKind.Flat, 500, 100_000)]
    [InlineData(IndexKind.Exact, 500, 100_000)]
    [InlineData(IndexKind.Fast, 20, 60)]
    [InlineData(IndexKind.Fast, 500, 100_000)]
    [InlineData(IndexKind.Compact, 20, 60)]
    [InlineData(IndexKind.Compact, 500, 100_000)]
    public async Task Searches_WhileRowsChangeAndMergesRun_SeeNoHalfChange(IndexKind kind, int threshold, int maxPending)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using LiveIndex live = Create(kind, random, new LiveOptions { MergeThreshold = threshold, MaxPending = maxPending });
        int[] seeds = [random.Next(), random.Next(), random.Next(), random.Next()];
        Task[] work =
        [
            Start(() => Update(live, new Random(seeds[0])), seeds[0]),
            Start(() => Flicker(live), seeds[1]),
            Start(() => SearchOne(live, new Random(seeds[2])), seeds[2]),
            Start(() => SearchAll(live), seeds[3]),
        ];
        await Task.Delay(Duration);
        // On a busy machine a merge, which gives way to the others, may not have come to its end yet.
        for (int wait = 0; live.Merges == 0 && wait < 1000 && !_stop; wait++)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        _stop = true;
        await Task.WhenAll(work).WaitAsync(TimeSpan.FromSeconds(60));

        output.WriteLine($"{live.Merges} merges, {_done.Sum()} updates, {_stage.Sum(static stage => stage / 2)} additions and deletions");
        live.Merge();
        Assert.Equal(0, live.FailedMerges);
        Assert.InRange(live.Merges, 1, long.MaxValue);
        SearchAll(live);
        live.Merge();
        SearchAll(live);
    }

    private LiveIndex Create(IndexKind kind, Random random, LiveOptions options)
    {
        _tolerance = kind switch { IndexKind.Fast => 1e-4, IndexKind.Compact => 2e-3, _ => 0 } * MostVersions;
        for (int row = 0; row < Rows; row++)
        {
            float[] vector = new float[Dimension];
            // Element 0 is the version of an updated row, as a part of the most that there can be; the stable rows are of length 1, so that each is its own best match.
            for (int i = 1; i < Dimension; i++)
                vector[i] = row < Stable ? random.NextSingle() - 0.5f : 0;
            if (row < Stable)
                TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), vector);
            _vectors[row] = vector;
        }
        using VectorMatrix matrix = VectorMatrix.Create(Rows - Flickering, Dimension, (row, vector) => _vectors[row].CopyTo(vector));
        return new LiveIndex(IndexBuilder.Build(matrix, Metric.InnerProduct, new IndexOptions { Kind = kind, TargetRecall = 0 }), options);
    }

    /// <summary>A thread each: they would take all of a small pool.</summary>
    private Task Start(Action action, int seed) =>
        Task.Factory.StartNew(() => Until(action, seed), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Until(Action action, int seed)
    {
        try
        {
            while (!_stop)
                action();
        }
        catch (Exception)
        {
            _stop = true;
            output.WriteLine($"seed {seed} failed");
            throw;
        }
    }

    private void Update(LiveIndex live, Random random)
    {
        float[] vector = new float[Dimension];
        for (int round = 0; round < 100; round++)
        {
            int i = random.Next(Updated);
            vector[0] = Interlocked.Increment(ref _begun[i]) / MostVersions;
            live.Upsert(Stable + i, vector);
            Interlocked.Increment(ref _done[i]);
        }
    }

    private void Flicker(LiveIndex live)
    {
        for (int i = 0; i < Flickering; i++)
        {
            int row = Stable + Updated + i;
            Interlocked.Increment(ref _stage[i]);
            if (_stage[i] % 4 == 1)
                live.Upsert(row, _vectors[row]);
            else
                Assert.True(live.Delete(row));
            Interlocked.Increment(ref _stage[i]);
        }
    }

    private void AssertVersion(float score, long least, long most) => Assert.InRange(score * MostVersions, least - _tolerance, most + _tolerance);

    /// <summary>Single rows, through filters and by their own vectors.</summary>
    private void SearchOne(LiveIndex live, Random random)
    {
        var results = new Neighbor[2];
        int stable = random.Next(Stable);
        Assert.InRange(live.Search(_vectors[stable], results), 1, 2);
        Assert.Equal(stable, results[0].Row);

        int updated = random.Next(Updated);
        using RowSet one = RowSet.Rent(Rows);
        one.Add(Stable + updated);
        float[] unit = new float[Dimension];
        unit[0] = 1;
        long before = Interlocked.Read(ref _done[updated]);
        int found = live.Search(unit, results, RowFilter.Allow(one));
        long after = Interlocked.Read(ref _begun[updated]);
        Assert.Equal(1, found);
        Assert.Equal(Stable + updated, results[0].Row);
        AssertVersion(results[0].Score, before, after);

        int flickering = random.Next(Flickering);
        one.Clear();
        one.Add(Stable + Updated + flickering);
        int stage = Volatile.Read(ref _stage[flickering]);
        found = live.Search(unit, results, RowFilter.Allow(one));
        if (stage % 2 == 0 && stage == Volatile.Read(ref _stage[flickering]))
            Assert.Equal(stage % 4 == 2 ? 1 : 0, found);
    }

    /// <summary>All rows at once, alone and as a batch: none twice, none missing that must be there.</summary>
    private void SearchAll(LiveIndex live)
    {
        int[] stages = [.. _stage];
        float[] unit = new float[Dimension];
        unit[0] = 1;
        long[] before = [.. _done];
        // A graph does not tell the smallest versions from the zeros of the other rows.
        using RowSet updated = RowSet.Rent(Rows);
        for (int i = 0; i < Updated; i++)
            updated.Add(Stable + i);
        RowFilter filter = _tolerance == 0 ? default : RowFilter.Allow(updated);
        SearchRequest[] requests = [new(unit, new Neighbor[2 * Rows]), new(unit, new Neighbor[Updated], filter)];
        live.Search(requests);
        long[] after = [.. _begun];
        int[] stagesAfter = [.. _stage];
        foreach (SearchRequest request in requests)
        {
            var rows = new Dictionary<int, float>();
            foreach (Neighbor hit in request.Results.Span[..request.Found])
                Assert.True(rows.TryAdd(hit.Row, hit.Score), $"row {hit.Row} is there twice");
            for (int i = 0; i < Updated; i++)
            {
                if (before[i] > 0)
                    AssertVersion(rows[Stable + i], before[i], after[i]);
            }
            if (request.Results.Length < Rows)
                continue;
            for (int row = 0; row < Stable; row++)
                Assert.True(rows.ContainsKey(row), $"row {row} is missing");
            for (int i = 0; i < Flickering; i++)
            {
                if (stages[i] % 2 == 0 && stages[i] == stagesAfter[i])
                    Assert.Equal(stages[i] % 4 == 2, rows.ContainsKey(Stable + Updated + i));
            }
        }
    }
}
