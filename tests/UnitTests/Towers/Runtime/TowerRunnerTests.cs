using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Runtime;
using Xunit;
using static UnitTests.Towers.Runtime.TestTowers;

namespace UnitTests.Towers.Runtime;

[SuppressMessage("Reliability", "CA2012", Justification = "These tests look at the tasks themselves.")]
public sealed class TowerRunnerTests
{
    private const int Dimension = SmallWorld.Dimension;
    private static readonly SmallWorld World = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EncodeAsync_OfABatch_EqualsOneByOne(bool asDevice)
    {
        using OnnxUserTower tower = Open(World, asDevice: asDevice);
        var random = new Random(7);
        for (int size = 1; size <= 40; size++)
        {
            UserTowerInput[] users = [.. Enumerable.Range(0, size).Select(_ => AnyUser(random))];
            float[] together = await tower.EncodeAsync(Dimension, users);
            for (int i = 0; i < size; i++)
            {
                float[] expected = Expected(users[i]);
                AssertClose(expected, await tower.EncodeAsync(Dimension, users[i]));
                AssertClose(expected, together.AsMemory(i * Dimension, Dimension));
            }
        }
    }

    [Fact]
    public async Task EncodeAsync_BesideLongerHistories_DoesNotChange()
    {
        using OnnxUserTower tower = Open(World);
        UserTowerInput user = User("Italy", 3, 4);
        for (int length = 0; length <= SmallWorld.MaxHistory; length++)
        {
            float[] both = await tower.EncodeAsync(Dimension, user, User(null, [.. Enumerable.Range(0, length)]));
            AssertClose(World.Embed(3, 3, 4), both.AsMemory(0, Dimension));
        }
    }

    [Fact]
    public async Task EncodeAsync_OfMoreThanABatch_IsCut()
    {
        using OnnxUserTower tower = Open(World, new TowerOptions { MaxBatch = 7 });
        UserTowerInput[] users = [.. Enumerable.Range(0, 50).Select(i => User(SmallWorld.Countries[i % 3], i % 20))];
        float[] embeddings = await tower.EncodeAsync(Dimension, users);
        for (int i = 0; i < users.Length; i++)
            AssertClose(World.Embed(i % 3 + 1, i % 20), embeddings.AsMemory(i * Dimension, Dimension));
    }

    [Fact]
    public void EncodeAsync_WhenIdle_EndsOnTheCallersThread()
    {
        using OnnxUserTower tower = Open(World);
        var embeddings = new float[Dimension];
        Assert.True(tower.EncodeAsync(new[] { User(null, 1) }, embeddings, CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task EncodeAsync_WhenIdle_AllocatesNothing()
    {
        using OnnxUserTower tower = Open(World);
        UserTowerInput[] users = [User("Spain", 1, 2, 3), User(null)];
        var embeddings = new float[2 * Dimension];
        for (int i = 0; i < 200; i++)
        {
            await tower.EncodeAsync(users, embeddings, CancellationToken.None);
            // Whether two lengths are worth two runs is measured, and may change meanwhile: each of them has been run.
            for (int user = 0; user < users.Length; user++)
                await tower.EncodeAsync(users.AsMemory(user, 1), embeddings.AsMemory(0, Dimension), CancellationToken.None);
        }

        // The least of some rounds: a collection for other tests counts the rest of this thread's allocation buffer.
        long least = long.MaxValue;
        bool all = true;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 200; i++)
                all &= tower.EncodeAsync(users, embeddings, CancellationToken.None).IsCompletedSuccessfully;
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.True(all);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EncodeAsync_WhileBusy_PutsWhatWaitsIntoOneBatch(bool asDevice)
    {
        using OnnxUserTower tower = Open(World, asDevice: asDevice);
        using var runs = new RunRecorder();
        using Busy busy = await Busy.StartAsync(tower);

        Task<float[]>[] waiting = [.. Enumerable.Range(0, 5).Select(i => tower.EncodeAsync(Dimension, User(null, i), User("Spain", i)))];
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
        busy.Release();

        float[][] answers = await Task.WhenAll(waiting);
        for (int i = 0; i < answers.Length; i++)
        {
            AssertClose(World.Embed(0, i), answers[i].AsMemory(0, Dimension));
            AssertClose(World.Embed(2, i), answers[i].AsMemory(Dimension));
        }

        await busy.Ended;
        Assert.Contains(10, runs.Rows);
    }

    [Fact]
    public async Task EncodeAsync_WithMoreWaitingThanABatchTakes_ServesAll()
    {
        using OnnxUserTower tower = Open(World, new TowerOptions { MaxBatch = 4 });
        using Busy busy = await Busy.StartAsync(tower);
        Task<float[]>[] waiting = [.. Enumerable.Range(0, 9).Select(i => tower.EncodeAsync(Dimension, [.. Enumerable.Repeat(User(null, i), i % 4 + 1)]))];
        busy.Release();

        float[][] answers = await Task.WhenAll(waiting);
        for (int i = 0; i < answers.Length; i++)
            AssertClose(World.Embed(0, i), answers[i].AsMemory(i % 4 * Dimension));
    }

    [Fact]
    public async Task EncodeAsync_WithFullQueue_FailsAtOnce()
    {
        using OnnxUserTower tower = Open(World, new TowerOptions { MaxQueuedRows = 3 });
        using Busy busy = await Busy.StartAsync(tower);
        Task<float[]> fits = tower.EncodeAsync(Dimension, User(null, 1), User(null, 2), User(null, 3));

        await Assert.ThrowsAsync<TowerBusyException>(() => tower.EncodeAsync(Dimension, User(null, 4)));

        busy.Release();
        await fits;
        // What was turned away leaves the queue as it was.
        await busy.Ended;
        AssertClose(World.Embed(0, 4), await tower.EncodeAsync(Dimension, User(null, 4)));
    }

    [Fact]
    public async Task EncodeAsync_CancelledWhileItWaits_EndsAtOnceAndHurtsNobody()
    {
        using OnnxUserTower tower = Open(World);
        using Busy busy = await Busy.StartAsync(tower);
        using var given = new CancellationTokenSource();
        var untouched = new float[Dimension];
        Task cancelled = tower.EncodeAsync(new[] { User(null, 1) }, untouched, given.Token).AsTask();
        Task<float[]> other = tower.EncodeAsync(Dimension, User(null, 2));

        await given.CancelAsync();

        OperationCanceledException failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(given.Token, failure.CancellationToken);
        Assert.False(other.IsCompleted);
        busy.Release();
        AssertClose(World.Embed(0, 2), await other);
        await busy.Ended;
        Assert.All(untouched, component => Assert.Equal(0f, component));
    }

    [Fact]
    public async Task EncodeAsync_WithCancelledToken_DoesNotBegin()
    {
        using OnnxUserTower tower = Open(World);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await tower.EncodeAsync(new[] { User(null, 1) }, new float[Dimension], new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task EncodeAsync_WithOneThatTheModelCannotTake_FailsItAlone()
    {
        using OnnxUserTower tower = OpenFragile();
        using Busy busy = await Busy.StartAsync(tower, 2);
        Task<float[]> first = Encode(tower, divisor: 2, row: 1);
        Task<float[]> broken = Encode(tower, divisor: 2, row: 50);
        Task<float[]> infinite = Encode(tower, divisor: 0, row: 1);
        Task<float[]> last = Encode(tower, divisor: 4, row: 3);
        busy.Release();

        Assert.Equal(new[] { 0.5f, 0.5f }, await first);
        Assert.Equal(new[] { 0.25f, 0.25f }, await last);
        Assert.Contains("The tower failed", (await Assert.ThrowsAsync<TowerException>(() => broken)).Message, StringComparison.Ordinal);
        Assert.Contains("not finite", (await Assert.ThrowsAsync<TowerException>(() => infinite)).Message, StringComparison.Ordinal);
        await busy.Ended;
        // And the tower goes on.
        Assert.Equal(new[] { 1f, 1f }, await Encode(tower, divisor: 1, row: 0));
    }

    [Fact]
    public async Task EncodeAsync_ThatFailsWhenIdle_LeavesTheTowerServing()
    {
        using OnnxUserTower tower = OpenFragile();
        await Assert.ThrowsAsync<TowerException>(() => Encode(tower, divisor: 1, row: 50));
        await Assert.ThrowsAsync<TowerException>(() => Encode(tower, divisor: 0, row: 1));
        Assert.Equal(new[] { 0.5f, 0.5f }, await Encode(tower, divisor: 2, row: 1));
    }

    [Fact]
    public async Task EncodeAsync_WithHistoryThatIsNoneOfTheCatalogue_Fails()
    {
        using OnnxUserTower tower = Open(World);
        await Assert.ThrowsAsync<TowerException>(() => tower.EncodeAsync(Dimension, User(null, 1000)));
        await Assert.ThrowsAsync<TowerException>(() => tower.EncodeAsync(Dimension, User(null, -1)));
    }

    [Fact]
    public void EncodeAsync_WithWrongSizes_Throws()
    {
        using OnnxUserTower tower = Open(World);
        Assert.Throws<ArgumentException>(() => { _ = tower.EncodeAsync(Array.Empty<UserTowerInput>(), Array.Empty<float>(), default); });
        Assert.Throws<ArgumentException>(() => { _ = tower.EncodeAsync(new[] { User(null) }, new float[Dimension - 1], default); });
        Assert.Throws<ArgumentException>(() => { _ = tower.EncodeAsync(new[] { User(null) }, new float[Dimension + 1], default); });
    }

    [Fact]
    public async Task Dispose_WhileBusy_LetsTheRunEndAndFailsWhatWaits()
    {
        OnnxUserTower tower = Open(World);
        using Busy busy = await Busy.StartAsync(tower);
        Task<float[]> waiting = tower.EncodeAsync(Dimension, User(null, 1));

        tower.Dispose();
        tower.Dispose();

        await Assert.ThrowsAsync<TowerException>(() => waiting);
        Assert.Throws<ObjectDisposedException>(() => { _ = tower.EncodeAsync(new[] { User(null) }, new float[Dimension], default); });
        busy.Release();
        await busy.Ended;
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task EncodeAsync_WhileOtherWorkWaitsForThreadsOrOnADevice_DoesNotRunOnTheCallersThread(bool asDevice, bool threadsAreFree)
    {
        using OnnxUserTower tower = Open(World, asDevice: asDevice, threadsAreFree: threadsAreFree);
        var features = new BlockingFeatures();

        // Would not return if it ran here.
        Task<float[]> call = tower.EncodeAsync(Dimension, new UserTowerInput(new FeatureSet(features), new[] { 3 }));
        Task<float[]> second = tower.EncodeAsync(Dimension, User("France", 4));
        Assert.False(call.IsCompleted);
        features.Release();

        AssertClose(World.Embed(0, 3), await call);
        AssertClose(World.Embed(1, 4), await second);
    }

    [Theory]
    [InlineData(1, false, true)]
    [InlineData(1, false, false)]
    [InlineData(3, false, true)]
    [InlineData(2, true, false)]
    public async Task EncodeAsync_FromManyCallersWithCancellations_NeverMixesOrTouchesWhatWasGivenUp(int runs, bool asDevice, bool threadsAreFree)
    {
        using OnnxUserTower tower = Open(World, new TowerOptions { ConcurrentRuns = runs, MaxBatch = 16 }, asDevice, threadsAreFree);
        int answered = 0, cancelled = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (int i = 0; i < 400; i++)
            {
                UserTowerInput[] users = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => AnyUser(random))];
                var embeddings = new float[users.Length * Dimension];
                using var given = new CancellationTokenSource();
                ValueTask encoding = tower.EncodeAsync(users, embeddings, random.Next(3) == 0 ? given.Token : CancellationToken.None);
                if (random.Next(2) == 0)
                    await given.CancelAsync();
                try
                {
                    await encoding;
                    for (int u = 0; u < users.Length; u++)
                        AssertClose(Expected(users[u]), embeddings.AsMemory(u * Dimension, Dimension));
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                    // From here on the memory is the caller's again.
                    Array.Fill(embeddings, 123f);
                    await Task.Yield();
                    Assert.DoesNotContain(embeddings, component => component != 123f);
                }
            }
        })));

        Assert.Equal(3200, answered + cancelled);
        Assert.True(answered > 1000, $"Only {answered} were answered.");
    }

    [Theory]
    [InlineData(1, 100, 1)]
    [InlineData(8, 100, 8)]
    [InlineData(9, 100, 10)]
    [InlineData(16, 100, 16)]
    [InlineData(17, 100, 20)]
    [InlineData(33, 100, 40)]
    [InlineData(97, 100, 100)]
    [InlineData(5, 3, 3)]
    [InlineData(50, 50, 50)]
    public void RoundUp_GivesFewSizesNearby(int size, int most, int expected) => Assert.Equal(expected, TowerShape.RoundUp(size, most));

    [Fact]
    public void RoundUp_NeverAddsMoreThanAQuarter()
    {
        int sizes = 0;
        for (int size = 1, last = 0; size <= 4096; size++)
        {
            int rounded = TowerShape.RoundUp(size, 4096);
            Assert.InRange(rounded, size, size + size / 4);
            sizes += rounded == last ? 0 : 1;
            last = rounded;
        }

        Assert.InRange(sizes, 20, 50);
    }

    private static Task<float[]> Encode(IUserTower tower, double divisor, long row) =>
        tower.EncodeAsync(2, new UserTowerInput(new FeatureSet(SmallWorld.Features(("divisor", FeatureValue.Of(divisor)), ("row", FeatureValue.Of(row)))), default));

    private static UserTowerInput AnyUser(Random random) => User(
        random.Next(4) is var country && country == 3 ? null : SmallWorld.Countries[country],
        [.. Enumerable.Range(0, random.Next(0, 15)).Select(_ => random.Next(World.ItemCount))]);

    private static float[] Expected(UserTowerInput user) =>
        World.Embed(user.Features.TryGet("country", out FeatureValue country) ? Array.IndexOf(SmallWorld.Countries, country.Text) + 1 : 0, user.History.ToArray());

    /// <summary>Holds a tower busy with a call whose features block.</summary>
    private sealed class Busy : IDisposable
    {
        private readonly BlockingFeatures _features = new();

        public Task Ended { get; private set; } = Task.CompletedTask;

        public static Task<Busy> StartAsync(IUserTower tower, int dimension = Dimension)
        {
            var busy = new Busy();
            busy.Ended = Task.Run(async () => await tower.EncodeAsync(dimension, new UserTowerInput(new FeatureSet(busy._features), default)));
            busy._features.WaitUntilReached();
            return Task.FromResult(busy);
        }

        public void Release() => _features.Release();

        public void Dispose() => _features.Release();
    }

    /// <summary>Records how many rows each run had.</summary>
    private sealed class RunRecorder : IDisposable
    {
        private readonly MeterListener _listener = new();

        public RunRecorder()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TowerMetrics.MeterName && instrument.Name == "recsys.tower.batch.rows")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((_, rows, _, _) => Rows.Enqueue(rows));
            _listener.Start();
        }

        public ConcurrentQueue<int> Rows { get; } = new();

        public void Dispose() => _listener.Dispose();
    }
}
