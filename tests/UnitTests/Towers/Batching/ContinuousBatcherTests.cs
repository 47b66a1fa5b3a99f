using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Xunit;

namespace UnitTests.Towers.Batching;

[SuppressMessage("Reliability", "CA2012", Justification = "These tests look at the tasks themselves.")]
public sealed class ContinuousBatcherTests
{
    private static readonly Urgency Bulk = new(WorkPriority.Bulk);

    [Fact]
    public async Task RunAsync_WhenIdle_RunsOnTheCallersThread()
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        int thread = 0;
        runner.Running = _ => thread = Environment.CurrentManagedThreadId;
        FakeWork work = FakeWork.Of(1, 2);

        ValueTask<EncodeOutcome> call = batcher.RunAsync(work, 2, default, CancellationToken.None);

        Assert.True(call.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        Assert.Equal(EncodeOutcome.Encoded, await call);
        Assert.Equal([2, 3], work.Results);
    }

    [Fact]
    public async Task RunAsync_WhenWarm_AllocatesNothing()
    {
        using ContinuousBatcher<SilentWork> batcher = new("silent", new SilentRunner(), new BatchLimits(1, 1000, TimeSpan.FromSeconds(1), true), TimeProvider.System, () => true);
        var urgency = new Urgency(Patience: TimeSpan.FromSeconds(1));
        for (int i = 0; i < 300; i++)
            await batcher.RunAsync(new SilentWork(i % 7 + 1), i % 7 + 1, urgency, CancellationToken.None);

        // The least of some rounds: a collection for other tests counts the rest of this thread's allocation buffer.
        long least = long.MaxValue;
        bool all = true;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 140; i++)
                all &= batcher.RunAsync(new SilentWork(i % 7 + 1), i % 7 + 1, urgency, CancellationToken.None).IsCompletedSuccessfully;
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.True(all);
    }

    [Fact]
    public async Task RunAsync_WhileBusy_PutsWhatWaitsIntoOneBatch()
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        FakeWork[] works = [FakeWork.Of(1), FakeWork.Of(2, 3), FakeWork.Of(4)];
        Task<EncodeOutcome>[] calls = [.. works.Select(work => batcher.RunAsync(work, work.Values.Length, default, CancellationToken.None).AsTask())];
        hold.Release();

        Assert.All(await Task.WhenAll(calls), outcome => Assert.Equal(EncodeOutcome.Encoded, outcome));
        Assert.Equal([1, 2, 3, 4], Assert.Single(runner.Runs).Values);
        Assert.Equal([[2], [3, 4], [5]], works.Select(work => work.Results));
    }

    [Fact]
    public async Task RunAsync_OfMoreThanABatch_TakesTurnsWithOthers()
    {
        var runner = new FakeRunner(maxBatch: 8);
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        FakeWork large = FakeWork.Of([.. Enumerable.Range(0, 30)]);
        Task<EncodeOutcome> first = batcher.RunAsync(large, 30, default, CancellationToken.None).AsTask();
        Task<EncodeOutcome>[] small = [.. Enumerable.Range(100, 6).Select(i => batcher.RunAsync(FakeWork.Of(i), 1, default, CancellationToken.None).AsTask())];
        hold.Release();

        await Task.WhenAll([first, .. small]);

        // A turn is a quarter of a batch: two rows of the large one, then everybody else's one.
        Assert.Equal([0, 1, 100, 101, 102, 103, 104, 105], runner.Runs.First().Values);
        Assert.Equal(5, runner.Runs.Count);
        Assert.Equal(Enumerable.Range(1, 30), large.Results);
    }

    [Fact]
    public async Task RunAsync_OfMoreThanABatch_SortsRowsByLength()
    {
        var runner = new FakeRunner(maxBatch: 4, maxLength: 9);
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        FakeWork work = FakeWork.OfLengths(9, 1, 2, 2, 1, 9, 9, 8);

        Assert.Equal(EncodeOutcome.Encoded, await batcher.RunAsync(work, 8, default, CancellationToken.None));

        Assert.Equal([2, 9], runner.Runs.Select(run => run.Length));
        Assert.Equal(work.Values.Select(value => value + 1), work.Results);
    }

    [Fact]
    public async Task RunAsync_OfBothPriorities_LeavesBulkAShareAndInteractiveTheRest()
    {
        var runner = new FakeRunner(maxBatch: 8);
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        Task<EncodeOutcome>[] bulk = [.. Enumerable.Range(1000, 12).Select(i => batcher.RunAsync(FakeWork.Of(i), 1, Bulk, CancellationToken.None).AsTask())];
        Task<EncodeOutcome>[] interactive = [.. Enumerable.Range(0, 15).Select(i => batcher.RunAsync(FakeWork.Of(i), 1, default, CancellationToken.None).AsTask())];
        hold.Release();

        await Task.WhenAll([.. bulk, .. interactive]);

        // Beside interactive calls a quarter, however few those are; then everything.
        Assert.Equal([[0, 1, 2, 3, 4, 5, 1000, 1001], [6, 7, 8, 9, 10, 11, 1002, 1003], [12, 13, 14, 1004, 1005], [1006, 1007, 1008, 1009, 1010, 1011]], runner.Runs.Select(run => run.Values));
    }

    [Fact]
    public async Task RunAsync_OfBulkAlone_KeepsRunsShort()
    {
        var runner = new FakeRunner(maxBatch: 16) { Seconds = (rows, _) => 0.001 * rows };
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher(maxBulkRun: 0.005);
        await TeachAsync(batcher, 1, 16);
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        Task<EncodeOutcome>[] bulk = [.. Enumerable.Range(0, 20).Select(i => batcher.RunAsync(FakeWork.Of(i), 1, Bulk, CancellationToken.None).AsTask())];
        hold.Release();
        await Task.WhenAll(bulk);

        Assert.All(runner.Runs, run => Assert.Equal(5, run.Values.Length));
    }

    [Fact]
    public async Task RunAsync_WithFullQueue_IsRefusedAndBulkSooner()
    {
        var runner = new FakeRunner(maxBatch: 8);
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher(maxQueuedRows: 6);
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        var waiting = new List<Task<EncodeOutcome>>();
        for (int i = 0; i < 3; i++)
            waiting.Add(batcher.RunAsync(FakeWork.Of(i), 1, Bulk, CancellationToken.None).AsTask());

        Assert.Equal(EncodeOutcome.Refused, await batcher.RunAsync(FakeWork.Of(3), 1, Bulk, CancellationToken.None));
        for (int i = 0; i < 3; i++)
            waiting.Add(batcher.RunAsync(FakeWork.Of(i), 1, default, CancellationToken.None).AsTask());
        Assert.Equal(EncodeOutcome.Refused, await batcher.RunAsync(FakeWork.Of(3), 1, default, CancellationToken.None));
        Assert.Equal((3L, 3L), (batcher.RowsWaiting(WorkPriority.Interactive), batcher.RowsWaiting(WorkPriority.Bulk)));

        hold.Release();
        Assert.All(await Task.WhenAll(waiting), outcome => Assert.Equal(EncodeOutcome.Encoded, outcome));
        await hold.Ended;
        Assert.Equal(EncodeOutcome.Encoded, await batcher.RunAsync(FakeWork.Of(3), 1, Bulk, CancellationToken.None));
    }

    [Fact]
    public async Task RunAsync_ThatCannotBeInTime_IsLateAtOnce()
    {
        var runner = new FakeRunner(maxBatch: 4) { Seconds = (rows, _) => 0.010 };
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        await TeachAsync(batcher, 1, 4);
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        Task<EncodeOutcome>[] waiting = [.. Enumerable.Range(0, 8).Select(i => batcher.RunAsync(FakeWork.Of(i), 1, default, CancellationToken.None).AsTask())];

        // 10 ms of the run under way, 20 ms of two batches before it, 10 ms of its own.
        Assert.Equal(EncodeOutcome.Late, await batcher.RunAsync(FakeWork.Of(9), 1, Patience(0.039), CancellationToken.None));
        Task<EncodeOutcome> patient = batcher.RunAsync(FakeWork.Of(10), 1, Patience(0.041), CancellationToken.None).AsTask();
        Assert.False(patient.IsCompleted);

        hold.Release();
        await Task.WhenAll(waiting);
        Assert.Equal(EncodeOutcome.Encoded, await patient);
        Assert.DoesNotContain(runner.Runs, run => run.Values.Contains(9));
    }

    [Fact]
    public async Task RunAsync_WhoseTurnComesTooLate_IsDroppedBeforeItIsComputed()
    {
        var runner = new FakeRunner(maxBatch: 4) { Seconds = (rows, _) => 0.010 };
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        await TeachAsync(batcher, 1, 4);
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        Task<EncodeOutcome> hurried = batcher.RunAsync(FakeWork.Of(1), 1, Patience(0.025), CancellationToken.None).AsTask();
        Task<EncodeOutcome> patient = batcher.RunAsync(FakeWork.Of(2), 1, Patience(1), CancellationToken.None).AsTask();

        // The run under way takes 6 ms more than it should: 10 + 6 + 10 ms are more than 25.
        runner.Time.Advance(TimeSpan.FromMilliseconds(6));
        hold.Release();

        Assert.Equal(EncodeOutcome.Late, await hurried);
        Assert.Equal(EncodeOutcome.Encoded, await patient);
        Assert.Equal([2], Assert.Single(runner.Runs).Values);
    }

    [Fact]
    public async Task RunAsync_WithoutPatience_IsLateAndWithTimeIsNot()
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        Assert.Equal(EncodeOutcome.Late, await batcher.RunAsync(FakeWork.Of(1), 1, Patience(0), CancellationToken.None));
        Assert.Equal(EncodeOutcome.Late, await batcher.RunAsync(FakeWork.Of(1), 1, Patience(-1), CancellationToken.None));
        Assert.Equal(EncodeOutcome.Encoded, await batcher.RunAsync(FakeWork.Of(1), 1, new Urgency(Patience: TimeSpan.MaxValue), CancellationToken.None));
        Assert.Single(runner.Runs);
    }

    [Fact]
    public async Task RunAsync_WhenIdleAndExpectedLate_TriesFromTimeToTime()
    {
        var runner = new FakeRunner { Seconds = (_, _) => 0.010 };
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        await TeachAsync(batcher, 1);
        int before = runner.Runs.Count;
        // The device is fast again, which nobody knows.
        runner.Seconds = (_, _) => 0.0001;

        Assert.Equal(EncodeOutcome.Late, await batcher.RunAsync(FakeWork.Of(1), 1, Patience(0.005), CancellationToken.None));
        runner.Time.Advance(TimeSpan.FromMilliseconds(100));
        int answered = 0;
        for (int i = 0; i < 30; i++, runner.Time.Advance(TimeSpan.FromMilliseconds(20)))
            answered += await batcher.RunAsync(FakeWork.Of(1), 1, Patience(0.005), CancellationToken.None) == EncodeOutcome.Encoded ? 1 : 0;

        Assert.True(runner.Runs.Count > before);
        // One try every 100 ms until the estimate has come down, and then all.
        Assert.InRange(answered, 15, 29);
        Assert.Equal(EncodeOutcome.Encoded, await batcher.RunAsync(FakeWork.Of(1), 1, Patience(0.005), CancellationToken.None));
    }

    [Fact]
    public async Task RunAsync_BehindARunThatHangs_IsLateAtOnce()
    {
        var runner = new FakeRunner { Seconds = (_, _) => 0.001 };
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        await TeachAsync(batcher, 1, 2);
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        Task<EncodeOutcome> early = batcher.RunAsync(FakeWork.Of(1), 1, Patience(0.020), CancellationToken.None).AsTask();
        Assert.False(early.IsCompleted);
        runner.Time.Advance(TimeSpan.FromMilliseconds(30));

        Assert.Equal(EncodeOutcome.Late, await batcher.RunAsync(FakeWork.Of(2), 1, Patience(0.020), CancellationToken.None));
        hold.Release();
        Assert.Equal(EncodeOutcome.Late, await early);
    }

    [Theory]
    [InlineData(FakeWork.Unreadable, "It failed: unreadable")]
    [InlineData(FakeWork.Poison, "It failed: poison")]
    [InlineData(FakeWork.Useless, "useless")]
    public async Task RunAsync_WithARowThatFails_FailsItsCallAlone(int value, string message)
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        FakeWork[] works = [FakeWork.Of(1), FakeWork.Of(7, value, 8), FakeWork.Of(4, 5)];
        Task<EncodeOutcome>[] calls = [.. works.Select(work => batcher.RunAsync(work, work.Values.Length, default, CancellationToken.None).AsTask())];
        hold.Release();

        Assert.Equal(EncodeOutcome.Encoded, await calls[0]);
        Assert.Equal(message, (await Assert.ThrowsAsync<TowerException>(() => calls[1])).Message);
        Assert.Equal(EncodeOutcome.Encoded, await calls[2]);
        Assert.Equal([2], works[0].Results);
        Assert.Equal([5, 6], works[2].Results);
        await hold.Ended;
        // And when idle.
        Assert.Equal(message, (await Assert.ThrowsAsync<TowerException>(async () => await batcher.RunAsync(FakeWork.Of(value), 1, default, CancellationToken.None))).Message);
        Assert.Equal(EncodeOutcome.Encoded, await batcher.RunAsync(works[0], 1, default, CancellationToken.None));
    }

    [Fact]
    public async Task RunAsync_CancelledWhileItWaits_IsPassedOverAndCountsNoLonger()
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher(maxQueuedRows: 2);
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        using var given = new CancellationTokenSource();
        Task<EncodeOutcome> cancelled = batcher.RunAsync(FakeWork.Of(1, 2), 2, default, given.Token).AsTask();
        Assert.Equal(EncodeOutcome.Refused, await batcher.RunAsync(FakeWork.Of(3), 1, default, CancellationToken.None));

        await given.CancelAsync();

        Assert.Equal(given.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled)).CancellationToken);
        Assert.Equal(0, batcher.RowsWaiting(WorkPriority.Interactive));
        Task<EncodeOutcome> next = batcher.RunAsync(FakeWork.Of(3), 1, default, CancellationToken.None).AsTask();
        hold.Release();
        Assert.Equal(EncodeOutcome.Encoded, await next);
        Assert.Equal([3], Assert.Single(runner.Runs).Values);
        Assert.True(batcher.RunAsync(FakeWork.Of(3), 1, default, given.Token).IsCanceled);
    }

    [Fact]
    public async Task RunAloneAsync_AmongCalls_HasARunOfItsOwnInItsTurn()
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        int runsBefore = -1;
        Task<EncodeOutcome>[] calls =
        [
            batcher.RunAsync(FakeWork.Of(1), 1, default, CancellationToken.None).AsTask(),
            batcher.RunAloneAsync(() => runsBefore = runner.Runs.Count, 4, 1, default, CancellationToken.None).AsTask(),
            batcher.RunAsync(FakeWork.Of(2), 1, default, CancellationToken.None).AsTask(),
            batcher.RunAloneAsync(() => throw new TimeoutException("job"), 4, 1, default, CancellationToken.None).AsTask(),
            batcher.RunAsync(FakeWork.Of(3), 1, default, CancellationToken.None).AsTask(),
        ];
        hold.Release();

        Assert.Equal(EncodeOutcome.Encoded, await calls[1]);
        Assert.Equal("It failed: job", (await Assert.ThrowsAsync<TowerException>(() => calls[3])).Message);
        Assert.Equal(EncodeOutcome.Encoded, await calls[4]);
        Assert.Equal(1, runsBefore);
        Assert.Equal([[1], [2], [3]], runner.Runs.Select(run => run.Values));
        await hold.Ended;
        using ContinuousBatcher<FakeWork> idle = new FakeRunner().Batcher();
        Assert.True(idle.RunAloneAsync(() => runsBefore = -5, 1, 1, default, CancellationToken.None).IsCompletedSuccessfully);
        Assert.Equal(-5, runsBefore);
    }

    [Fact]
    public async Task RunAloneAsync_OfInteractiveJobsOnly_DoesNotStarveBulk()
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        var order = new List<string>();
        Task<EncodeOutcome>[] jobs = [.. Enumerable.Range(0, 4).Select(i => batcher.RunAloneAsync(() => order.Add("job"), 1, 1, default, CancellationToken.None).AsTask())];
        Task<EncodeOutcome> bulkJob = batcher.RunAloneAsync(() => order.Add("bulk job"), 1, 1, Bulk, CancellationToken.None).AsTask();
        runner.Running = values => order.Add("bulk");
        Task<EncodeOutcome> bulk = batcher.RunAsync(FakeWork.Of(1), 1, Bulk, CancellationToken.None).AsTask();
        hold.Release();
        await Task.WhenAll([.. jobs, bulkJob, bulk]);

        Assert.Equal(["job", "bulk job", "job", "bulk", "job", "job"], order);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task RunAsync_WhereThreadsAreBusyOrRunsMayHang_LeavesTheCallersThread(bool runsOnCallers, bool threadsAreFree)
    {
        var runner = new FakeRunner();
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher(runsOnCallers: runsOnCallers, threadsAreFree: threadsAreFree);
        using var released = new ManualResetEventSlim();
        runner.Running = _ => Assert.True(released.Wait(TimeSpan.FromSeconds(30)));

        // Would not return if it ran here.
        Task<EncodeOutcome> call = batcher.RunAsync(FakeWork.Of(1), 1, default, CancellationToken.None).AsTask();
        Task<EncodeOutcome> job = batcher.RunAloneAsync(() => { }, 1, 1, default, CancellationToken.None).AsTask();
        Assert.False(call.IsCompleted);
        released.Set();

        Assert.Equal(EncodeOutcome.Encoded, await call);
        Assert.Equal(EncodeOutcome.Encoded, await job);
    }

    [Fact]
    public async Task Dispose_WhileBusy_FailsWhatWaitsAndReleasesAfterTheLastRun()
    {
        var runner = new FakeRunner();
        ContinuousBatcher<FakeWork> batcher = runner.Batcher();
        using FakeRunner.Hold hold = runner.HoldBusy(batcher);
        Task<EncodeOutcome> waiting = batcher.RunAsync(FakeWork.Of(1), 1, default, CancellationToken.None).AsTask();
        Task<EncodeOutcome> bulk = batcher.RunAsync(FakeWork.Of(1), 1, Bulk, CancellationToken.None).AsTask();

        batcher.Dispose();
        batcher.Dispose();

        await Assert.ThrowsAsync<TowerException>(() => waiting);
        await Assert.ThrowsAsync<TowerException>(() => bulk);
        Assert.Throws<ObjectDisposedException>(() => { _ = batcher.RunAsync(FakeWork.Of(1), 1, default, CancellationToken.None); });
        Assert.Equal(0, runner.Released);
        hold.Release();
        Assert.Equal(EncodeOutcome.Encoded, await hold.Ended);
        Assert.Equal(1, runner.Released);
    }

    private static Urgency Patience(double seconds) => new(Patience: TimeSpan.FromSeconds(seconds));

    /// <summary>Runs of so many rows, often enough that their times are known.</summary>
    private static async Task TeachAsync(ContinuousBatcher<FakeWork> batcher, params int[] rows)
    {
        foreach (int count in rows)
        {
            for (int i = 0; i < 40; i++)
                Assert.Equal(EncodeOutcome.Encoded, await batcher.RunAsync(FakeWork.Of(new int[count]), count, default, CancellationToken.None));
        }
    }

    private readonly record struct SilentWork(int Rows);

    /// <summary>Rows of lengths 1 to 4, and no memory of them.</summary>
    private sealed class SilentRunner : IBatchRunner<SilentWork>
    {
        public int MaxBatch => 8;

        public int MaxLength => 4;

        public int PaddedRows(int rows) => rows;

        public int PaddedLength(int length) => length;

        public int LengthOf(in SilentWork work, int row) => (row * 3 % 4) + 1;

        public void Begin(int slot, int paddedLength)
        {
        }

        public void Read(int slot, int place, in SilentWork work, int row)
        {
        }

        public void Run(int slot, int rows)
        {
        }

        public Exception? Write(int slot, int place, in SilentWork work, int row) => null;

        public TowerException Explain(Exception failure) => new("It failed.", failure);

        public void Release()
        {
        }
    }
}
