using Inference.Vectors;
using Inference.Vectors.Live;
using Xunit;

namespace UnitTests.Vectors.Live;

/// <summary>Merges that fail, stall and are cut off, and changes at chosen moments of a search.</summary>
public sealed class LiveIndexMergeTests
{
    private const int Dimension = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Merge_ThatFails_LeavesEverythingAndIsTriedAgainLater()
    {
        var clock = new ManualClock();
        var reported = new List<Exception>();
        bool fails = true;
        int calls = 0;
        var options = new LiveOptions { MergeThreshold = 2, RetryDelay = TimeSpan.FromSeconds(1), TimeProvider = clock };
        Func<VectorIndex, IndexChanges, int, CancellationToken, VectorIndex> merge = options.Merge;
        options.Merge = (index, changes, threads, token) =>
        {
            Interlocked.Increment(ref calls);
            return fails ? throw new IOException("disk") : merge(index, changes, threads, token);
        };
        options.MergeFailed = e =>
        {
            reported.Add(e);
            throw new InvalidOperationException("a report that fails as well");
        };
        using LiveIndex live = LiveModel.Live(50, Dimension, Metric.L2, options);
        LiveModel model = LiveModel.Of(50, Dimension, Metric.L2);

        Change(3);
        Change(4);
        WaitFor(() => live.FailedMerges == 1);
        Change(5);
        Assert.Equal(1, calls);
        clock.Advance(TimeSpan.FromSeconds(1));
        Change(6);
        WaitFor(() => live.FailedMerges == 2);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Change(7);
        Assert.Equal(2, calls);
        var e = Assert.Throws<InvalidOperationException>(() => live.Merge());
        Assert.IsType<IOException>(e.InnerException);
        Assert.Same(e.InnerException, live.LastFailure);
        Assert.Equal((3L, 3, 0L, 5), (live.FailedMerges, reported.Count, live.Merges, live.Pending));

        fails = false;
        clock.Advance(TimeSpan.FromSeconds(4));
        Change(8);
        WaitFor(() => live.Merges == 1);
        Assert.Null(live.LastFailure);
        Assert.Equal(0, live.Pending);
        model.AssertSame(live, [1, 2, 3, 4], 60);

        void Change(int row)
        {
            model.Rows[row] = [row, row, row, row];
            live.Upsert(row, model.Rows[row]);
            model.AssertSame(live, [1, 2, 3, 4], 60);
        }
    }

    [SkippableFact]
    public void Merge_OnLinux_GivesWayToSearches()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "niceness of threads is a matter of Linux");
        string[] fields = [];
        var options = new LiveOptions();
        Func<VectorIndex, IndexChanges, int, CancellationToken, VectorIndex> merge = options.Merge;
        options.Merge = (index, changes, threads, token) =>
        {
            fields = File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ');
            return merge(index, changes, threads, token);
        };
        using LiveIndex live = LiveModel.Live(5, Dimension, Metric.L2, options);
        live.Delete(1);
        live.Merge();

        // Field 19 of the whole line; the first two are gone.
        Assert.Equal($"{ThreadNiceness.Background}", fields[16]);
    }

    [Fact]
    public void Merge_ThatMakesAnotherShape_Fails()
    {
        var options = new LiveOptions { Merge = static (index, _, _, _) => new ExactIndex(VectorMatrix.Create(3, index.Dimension, static (_, _) => { }), index.Metric) };
        using LiveIndex live = LiveModel.Live(50, Dimension, Metric.L2, options);
        live.Delete(3);

        Assert.Contains("3 rows", Assert.Throws<InvalidOperationException>(() => live.Merge()).Message, StringComparison.Ordinal);
        LiveModel model = LiveModel.Of(50, Dimension, Metric.L2);
        model.Rows.Remove(3);
        model.AssertSame(live, [1, 2, 3, 4], 60);
    }

    [Fact]
    public async Task Upsert_WhenTooManyWait_ThrowsOrWaitsAsWished()
    {
        foreach (WhenFull whenFull in (WhenFull[])[WhenFull.Throw, WhenFull.Wait])
        {
            using var go = new ManualResetEventSlim();
            var options = new LiveOptions { MergeThreshold = 5, MaxPending = 8, WhenFull = whenFull };
            options.Merge = Held(go, options.Merge);
            using LiveIndex live = LiveModel.Live(50, Dimension, Metric.L2, options);
            LiveModel model = LiveModel.Of(50, Dimension, Metric.L2);
            for (int i = 0; i < 8; i++)
                model.Rows[live.Append([i, i, i, i])] = [i, i, i, i];

            if (whenFull == WhenFull.Throw)
            {
                Assert.Contains("8 changes wait", Assert.Throws<InvalidOperationException>(() => live.Append([9, 9, 9, 9])).Message, StringComparison.Ordinal);
                Assert.Throws<InvalidOperationException>(() => live.Delete(3));
            }
            else
            {
                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
                Assert.Throws<OperationCanceledException>(() => live.Append([9, 9, 9, 9], soon.Token));
                Task<bool> deletion = Task.Run(() => live.Delete(3));
                await Assert.ThrowsAsync<TimeoutException>(() => deletion.WaitAsync(TimeSpan.FromMilliseconds(50)));
                go.Set();
                Assert.True(await deletion.WaitAsync(Patience));
                model.Rows.Remove(3);
            }
            model.AssertSame(live, [1, 2, 3, 4], 60);
            go.Set();
        }
    }

    [Fact]
    public async Task Upsert_ThatWaitsWhileMergesFail_GoesOnWhenOneSucceeds()
    {
        int failures = 3;
        var options = new LiveOptions { MergeThreshold = 2, MaxPending = 2, RetryDelay = TimeSpan.FromMilliseconds(1) };
        Func<VectorIndex, IndexChanges, int, CancellationToken, VectorIndex> merge = options.Merge;
        options.Merge = (index, changes, threads, token) => failures-- > 0 ? throw new IOException("disk") : merge(index, changes, threads, token);
        using LiveIndex live = LiveModel.Live(5, Dimension, Metric.L2, options);

        await Task.Run(() =>
        {
            for (int i = 0; i < 3; i++)
                live.Append([i, i, i, i]);
        }).WaitAsync(Patience);

        Assert.Equal((8, 3L), (live.Count, live.FailedMerges));
    }

    [Fact]
    public async Task Changes_WhileAMergeRuns_SurviveIt()
    {
        using var go = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var options = new LiveOptions();
        options.Merge = Held(go, options.Merge, entered);
        using LiveIndex live = LiveModel.Live(200, Dimension, Metric.L2, options);
        LiveModel model = LiveModel.Of(200, Dimension, Metric.L2);
        var random = new Random(1);
        for (int round = 0; round < 10; round++)
        {
            go.Reset();
            entered.Reset();
            Change(300);
            Task merge = Task.Run(() => live.Merge());
            Assert.True(entered.Wait(Patience));
            Change(300);
            go.Set();
            await merge.WaitAsync(Patience);
            Assert.InRange(live.Pending, 1, 300);
            model.AssertSame(live, [1, 2, 3, 4], 500);
        }

        void Change(int changes)
        {
            for (int i = 0; i < changes; i++)
            {
                int row = random.Next(300);
                if (random.Next(3) == 0)
                {
                    Assert.Equal(model.Rows.Remove(row), live.Delete(row));
                }
                else
                {
                    model.Rows[row] = [random.Next(5), random.Next(5), random.Next(5), random.Next(5)];
                    live.Upsert(row, model.Rows[row]);
                }
            }
            model.AssertSame(live, [1, 2, 3, 4], 500);
        }
    }

    [Fact]
    public void Dispose_WhileAMergeRuns_EndsIt()
    {
        using var entered = new ManualResetEventSlim();
        bool canceled = false;
        var options = new LiveOptions
        {
            MergeThreshold = 1,
            Merge = (_, _, _, token) =>
            {
                entered.Set();
                canceled = token.WaitHandle.WaitOne(Patience);
                throw new OperationCanceledException(token);
            },
            MergeFailed = static e => Assert.Fail($"An end is no failure: {e}"),
        };
        LiveIndex live = LiveModel.Live(50, Dimension, Metric.L2, options);
        live.Delete(1);
        Assert.True(entered.Wait(Patience));

        live.Dispose();
        live.Dispose();

        Assert.True(canceled);
        Assert.Throws<ObjectDisposedException>(() => live.Search(new float[Dimension], new Neighbor[1]));
        Assert.Throws<ObjectDisposedException>(() => live.Upsert(1, new float[Dimension]));
        Assert.Throws<ObjectDisposedException>(() => live.Delete(2));
        Assert.Throws<ObjectDisposedException>(() => live.Merge());
        Assert.Throws<ObjectDisposedException>(() => live.TryCopyVector(2, new float[Dimension]));
    }

    [Fact]
    public void Dispose_WhileASearchRuns_LetsItEnd()
    {
        var (live, index) = Hooked(100);
        index.Searched = () =>
        {
            live.Dispose();
            Assert.False(index.IsDisposed);
        };
        var results = new Neighbor[5];

        Assert.Equal(5, live.Search([1, 2, 3, 4], results));
        Assert.True(index.IsDisposed);
        Assert.Equal(LiveModel.Of(100, Dimension, Metric.L2).Search([1, 2, 3, 4], 5), results);
    }

    /// <summary>The changes come after the index was searched and before the log is read: the search must see them whole.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    public void Search_WithChangesToItsHitsMeanwhile_FindsTheNewState(int wanted)
    {
        var (live, index) = Hooked(100);
        using LiveIndex disposed = live;
        LiveModel model = LiveModel.Of(100, Dimension, Metric.L2);
        float[] query = [1, 2, 3, 4];
        int rounds = 0;
        index.Searched = () =>
        {
            // Also while the search asks again, twice.
            if (++rounds > 3)
                return;
            foreach (Neighbor hit in model.Search(query, wanted))
            {
                if (hit.Row % 2 == 0)
                {
                    live.Delete(hit.Row);
                    model.Rows.Remove(hit.Row);
                }
                else
                {
                    model.Rows[hit.Row] = [9, 9, rounds, hit.Row];
                    live.Upsert(hit.Row, model.Rows[hit.Row]);
                }
            }
        };
        var results = new Neighbor[wanted];

        int found = live.Search(query, results);

        Assert.InRange(rounds, wanted < 100 ? 2 : 1, 5);
        Assert.Equal(model.Search(query, wanted), results[..found]);
    }

    [Fact]
    public void Search_ThatSeesAMergeGoBy_FindsTheStateBeforeIt()
    {
        var (live, index) = Hooked(100);
        using LiveIndex disposed = live;
        LiveModel model = LiveModel.Of(100, Dimension, Metric.L2);
        float[] query = [1, 2, 3, 4];
        live.Upsert(5, model.Rows[5] = [1, 2, 3, 4]);
        index.Searched = () =>
        {
            index.Searched = null;
            live.Upsert(6, model.Rows[6] = [1, 2, 3, 5]);
            live.Merge();
            // These belong to the next generation: the search must not find row 5 twice, nor lose it.
            live.Upsert(5, [1, 2, 3, 3]);
            live.Delete(6);
            Assert.False(index.IsDisposed);
        };
        var results = new Neighbor[200];

        int found = live.Search(query, results);

        Assert.Equal(model.Search(query, 200), results[..found]);
        WaitFor(() => index.IsDisposed);
        model.Rows[5] = [1, 2, 3, 3];
        model.Rows.Remove(6);
        model.AssertSame(live, query, 200);
    }

    private static (LiveIndex Live, HookedIndex Index) Hooked(int count)
    {
        using VectorMatrix matrix = VectorMatrix.Create(SeededVectors.WholeNumbers(count * Dimension, seed: 1), Dimension);
        var index = new HookedIndex(new ExactIndex(matrix, Metric.L2));
        return (new LiveIndex(index), index);
    }

    private static Func<VectorIndex, IndexChanges, int, CancellationToken, VectorIndex> Held(
        ManualResetEventSlim go, Func<VectorIndex, IndexChanges, int, CancellationToken, VectorIndex> merge, ManualResetEventSlim? entered = null) => (index, changes, threads, token) =>
    {
        entered?.Set();
        go.Wait(token);
        return merge(index, changes, threads, token);
    };

    private static void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
    }
}
