using System.Collections.Concurrent;
using Inference.Vectors;
using Inference.Vectors.Files;
using Inference.Vectors.Live;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Search;

public sealed class ConcurrentSearchTests
{
    private const int Dimension = 8, Count = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Search_FromManyThreads_FindsWhatDirectSearchesFind(int passes)
    {
        const int Threads = 12, Searches = 300;
        using VectorMatrix matrix = SeededVectors.Matrix(Count, Dimension, seed: 1);
        using var index = new ScanIndex(matrix, Metric.Cosine);
        using RowSet denied = RowSet.Rent(Count);
        denied.AddRange([.. Enumerable.Range(0, Count / 2)]);
        var concurrent = new ConcurrentSearch(index, passes);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => OnThread(() =>
        {
            var expected = new Neighbor[20];
            var actual = new Neighbor[20];
            for (int i = 0; i < Searches; i++)
            {
                float[] query = SeededVectors.Uniform(Dimension, seed: thread * Searches + i);
                RowFilter filter = i % 3 == 0 ? RowFilter.Deny(denied) : RowFilter.None;
                int wanted = i % 20;
                int found = concurrent.Search(query, actual.AsMemory(0, wanted), filter, width: i % 5 == 0 ? 7 : 0);
                Assert.Equal(index.Search(query, expected.AsSpan(0, wanted), filter), found);
                Assert.Equal(expected[..found], actual[..found]);
            }
        })));

        Assert.Equal(0, concurrent.Waiting);
    }

    [Fact]
    public async Task Search_WithAFreePlace_DoesNotWait()
    {
        using var index = new GatedIndex();
        var concurrent = new ConcurrentSearch(index, passes: 2);
        Task first = OnThread(() => concurrent.Search(new float[1], new Neighbor[1]));
        Task second = OnThread(() => concurrent.Search(new float[1], new Neighbor[1]));

        index.WaitForPasses(2);
        Assert.Equal(0, concurrent.Waiting);
        index.Open();
        await Task.WhenAll(first, second);

        Assert.Equal([1, 1], index.Passes);
    }

    [Theory]
    [InlineData(IndexKind.Exact, new[] { 1, 4, 4, 2 })]
    [InlineData(IndexKind.Flat, new[] { 1, 4, 4, 2 })]
    [InlineData(IndexKind.Fast, new[] { 1, 8, 2 })]
    [InlineData(IndexKind.Compact, new[] { 1, 8, 2 })]
    public async Task Search_WhileAPassRuns_JoinsTheNext(IndexKind kind, int[] expected)
    {
        using var index = new GatedIndex(kind);
        var concurrent = new ConcurrentSearch(index, passes: 1);
        Task<int>[] searches = [OnThread(() => concurrent.Search(new float[1], new Neighbor[1])), .. Waiting(concurrent, index, 10)];

        index.Open();

        // Each finds as many as its place in the queue: the results do not go to somebody else.
        int[] found = await Task.WhenAll(searches);
        Assert.Equal([1, .. Enumerable.Range(1, 10)], found);
        Assert.Equal(expected, index.Passes);
        Assert.Equal(0, concurrent.Waiting);
    }

    [Fact]
    public async Task Search_WithOtherWidths_SharesNoPass()
    {
        using var index = new GatedIndex();
        var concurrent = new ConcurrentSearch(index, passes: 1);
        Task<int>[] searches =
        [
            OnThread(() => concurrent.Search(new float[1], new Neighbor[1])),
            .. Waiting(concurrent, index, 6, width: i => i % 2 == 0 ? 10 : 20),
        ];

        index.Open();
        await Task.WhenAll(searches);

        Assert.Equal([1, 3, 3], index.Passes);
        Assert.Equal([0, 20, 10], index.Widths);
    }

    [Fact]
    public async Task Search_WhenItsPassFails_ThrowsForEachOfItsCallersAndForNobodyElse()
    {
        using var index = new GatedIndex { FailingPass = 2 };
        var concurrent = new ConcurrentSearch(index, passes: 1);
        Task<int>[] searches = [OnThread(() => concurrent.Search(new float[1], new Neighbor[1])), .. Waiting(concurrent, index, 6)];

        index.Open();
        await Task.WhenAll(searches.Select(static search => search.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.Equal([1, 4, 2], index.Passes);
        Assert.Equal([true, false, false, false, false, true, true], searches.Select(static search => search.IsCompletedSuccessfully));
        Assert.All(searches[1..5], static search => Assert.Equal("pass 2", Assert.IsType<InvalidOperationException>(search.Exception?.InnerException).Message));
        Assert.Equal(3, concurrent.Search(new float[1], new Neighbor[3]));
    }

    [Fact]
    public async Task Search_WhenASearchAloneFails_GivesItsPlaceBack()
    {
        using var index = new GatedIndex { FailingPass = 1 };
        index.Open();
        var concurrent = new ConcurrentSearch(index, passes: 1);

        Assert.Throws<InvalidOperationException>(() => concurrent.Search(new float[1], new Neighbor[1]));
        Assert.Equal(1, await OnThread(() => concurrent.Search(new float[1], new Neighbor[1])));
    }

    [Fact]
    public async Task Search_WithAnUnfitQuery_FailsAlone()
    {
        using var index = new GatedIndex();
        var concurrent = new ConcurrentSearch(index, passes: 1);
        Task<int>[] searches = [OnThread(() => concurrent.Search(new float[1], new Neighbor[1])), .. Waiting(concurrent, index, 2)];

        Assert.Throws<ArgumentException>(() => concurrent.Search(new float[2], new Neighbor[1]));
        Assert.Throws<ArgumentException>(() => concurrent.Search(new float[] { float.NaN }, new Neighbor[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => concurrent.Search(new float[1], new Neighbor[1], width: -1));
        Assert.Equal(2, concurrent.Waiting);
        index.Open();

        int[] found = await Task.WhenAll(searches);
        Assert.Equal([1, 1, 2], found);
    }

    [Fact]
    public async Task Search_OfAnIndexThatIsDisposedMeanwhile_ThrowsForThoseWhoWait()
    {
        using VectorMatrix matrix = SeededVectors.Matrix(Count, Dimension, seed: 1);
        using var index = new ScanIndex(matrix, Metric.L2);
        using var gated = new GatedIndex { Inner = index };
        var concurrent = new ConcurrentSearch(gated, passes: 1);
        Task<int>[] searches = [OnThread(() => concurrent.Search(new float[1], new Neighbor[1])), .. Waiting(concurrent, gated, 5)];

        index.Dispose();
        gated.Open();
        await Task.WhenAll(searches.Select(static search => search.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.All(searches, static search => Assert.IsType<ObjectDisposedException>(search.Exception?.InnerException));
    }

    [Fact]
    public void Search_WhenWarm_AllocatesNothing()
    {
        const int Threads = 6, Searches = 200;
        using VectorMatrix matrix = SeededVectors.Matrix(Count, Dimension, seed: 1);
        using var index = new ScanIndex(matrix, Metric.InnerProduct);
        var concurrent = new ConcurrentSearch(index, passes: 1);
        long least = long.MaxValue;
        using var barrier = new Barrier(Threads);
        var allocated = new long[Threads];
        Thread[] threads =
        [
            .. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
            {
                float[] query = SeededVectors.Uniform(Dimension, seed: thread);
                var results = new Neighbor[10];
                for (int round = 0; round < 8; round++)
                {
                    barrier.SignalAndWait();
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    for (int i = 0; i < Searches; i++)
                        concurrent.Search(query, results);
                    allocated[thread] = GC.GetAllocatedBytesForCurrentThread() - before;
                    barrier.SignalAndWait();
                    if (thread == 0)
                        least = Math.Min(least, allocated.Sum());
                    barrier.SignalAndWait();
                }
            })),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        Assert.Equal(0, least);
    }

    [Fact]
    public void Constructor_WithBadArguments_Throws()
    {
        using var index = new GatedIndex();
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConcurrentSearch(index, -1));
        Assert.Throws<ArgumentNullException>(() => new ConcurrentSearch((VectorIndex)null!));
    }

    /// <summary>Searches that stand in the queue in this order, the i-th wanting i + 1 neighbours, behind a pass that has begun.</summary>
    private static Task<int>[] Waiting(ConcurrentSearch concurrent, GatedIndex index, int count, Func<int, int>? width = null)
    {
        index.WaitForPasses(1);
        var searches = new Task<int>[count];
        for (int i = 0; i < count; i++)
        {
            int wanted = i + 1;
            searches[i] = OnThread(() => concurrent.Search(new float[1], new Neighbor[wanted], width: width?.Invoke(wanted) ?? 0));
            Assert.True(SpinWait.SpinUntil(() => concurrent.Waiting == wanted, Patience));
        }
        return searches;
    }

    private static Task OnThread(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static Task<int> OnThread(Func<int> search) => Task.Factory.StartNew(search, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>An index of one dimension whose passes stand at a gate until it is opened. Finds as many rows as are wanted, and notes how many searches each pass had.</summary>
    private sealed class GatedIndex(IndexKind kind = IndexKind.Exact) : VectorIndex(1000, 1, Metric.L2)
    {
        private readonly ManualResetEventSlim _gate = new();
        private readonly ConcurrentQueue<int> _passes = new();
        private readonly ConcurrentQueue<int> _widths = new();

        public int FailingPass { get; init; }

        /// <summary>Searched, for the exceptions it throws, in each pass.</summary>
        public VectorIndex? Inner { get; init; }

        public int[] Passes => [.. _passes];

        public int[] Widths => [.. _widths];

        public override IndexKind Kind => kind;

        public override long Bytes => 0;

        public void Open() => _gate.Set();

        public void WaitForPasses(int count) => Assert.True(SpinWait.SpinUntil(() => _passes.Count == count, Patience));

        internal override VectorIndex Merged(IndexChanges changes, int threads, CancellationToken cancellationToken) => throw new NotSupportedException();

        private protected override void WriteTo(IndexFileWriter writer) => throw new NotSupportedException();

        private protected override int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
        {
            Pass(1, width);
            return results.Length;
        }

        private protected override void SearchMany(Span<SearchRequest> requests, int width)
        {
            Pass(requests.Length, width);
            foreach (ref SearchRequest request in requests)
                request.Found = request.Results.Length;
        }

        private protected override void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores) => scores.Clear();

        private protected override void ReadVector(int row, Span<float> vector) => vector.Clear();

        private protected override void Dispose(bool disposing) => _gate.Dispose();

        private void Pass(int searches, int width)
        {
            _passes.Enqueue(searches);
            _widths.Enqueue(width);
            int pass = _passes.Count;
            Assert.True(_gate.Wait(Patience));
            Inner?.Search(new float[Inner.Dimension], new Neighbor[1]);
            if (pass == FailingPass)
                throw new InvalidOperationException($"pass {pass}");
        }
    }
}
