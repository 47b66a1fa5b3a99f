using Inference.Towers.Batching;
using Xunit;

namespace UnitTests.Towers.Batching;

public sealed class ResumptionsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Queue_FromManyThreads_RunsEachOnceAndNoMoreThanMayAtATime(int most)
    {
        const int Threads = 8, Each = 2_000;
        var line = new Resumptions(most);
        var probe = new Probe(Threads * Each);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
                line.Queue(new Call(probe));
        })));
        await probe.AllRan.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(Threads * Each, probe.Ran);
        Assert.InRange(probe.MostAtATime, 1, most);
    }

    [Fact]
    public async Task Queue_WhileOneRuns_LeavesThePoolsThreadsToOthers()
    {
        var line = new Resumptions(most: 1);
        var first = new Held();
        line.Queue(first);
        await first.Began.WaitAsync(TimeSpan.FromSeconds(30));
        var probe = new Probe(50);
        for (int i = 0; i < 50; i++)
            line.Queue(new Call(probe));

        // All fifty wait in the line: the pool has nothing of them to do, and what else comes runs at once.
        await Task.Run(static () => { }).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, probe.Ran);
        first.Release();
        await probe.AllRan.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Queue_RunsOnThreadsOfItsOwn()
    {
        var line = new Resumptions(most: 2);
        var threads = new Where(4);
        for (int i = 0; i < 4; i++)
            line.Queue(threads);
        await threads.AllRan.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(threads.AnyOfThePool);
    }

    [Fact]
    public async Task Queue_AfterAllWentToSleep_WakesThem()
    {
        var line = new Resumptions(most: 2);
        for (int i = 0; i < 200; i++)
        {
            var probe = new Probe(3);
            for (int call = 0; call < 3; call++)
                line.Queue(new Call(probe));
            await probe.AllRan.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public void Queue_AtTheMomentAThreadGoesToSleep_RunsNevertheless()
    {
        const int Rounds = 100_000;
        var line = new Resumptions(most: 1);
        var last = new Counter();
        for (int i = 1; i <= Rounds; i++)
        {
            long begun = Environment.TickCount64;
            line.Queue(last);
            // The next one comes as soon as this one has run, while its thread finds that nothing is left.
            for (int looks = 1; last.Ran < i; looks++)
            {
                if ((looks & 127) != 0)
                    continue;
                Thread.Yield();
                Assert.True(Environment.TickCount64 - begun < 60_000, $"Call {i} of {Rounds} did not run.");
            }
        }
    }

    private sealed class Counter : IThreadPoolWorkItem
    {
        private int _ran;

        public int Ran => Volatile.Read(ref _ran);

        public void Execute() => Volatile.Write(ref _ran, _ran + 1);
    }

    private sealed class Where(int expected) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _ran;

        public Task AllRan => _all.Task;

        public bool AnyOfThePool { get; private set; }

        public void Execute()
        {
            if (Thread.CurrentThread.IsThreadPoolThread)
                AnyOfThePool = true;
            if (Interlocked.Increment(ref _ran) == expected)
                _all.SetResult();
        }
    }

    private sealed class Probe(int expected)
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _gate = new();
        private int _now;

        public Task AllRan => _all.Task;

        public int Ran { get; private set; }

        public int MostAtATime { get; private set; }

        public void Begin()
        {
            lock (_gate)
                MostAtATime = Math.Max(MostAtATime, ++_now);
        }

        public void End()
        {
            lock (_gate)
            {
                _now--;
                if (++Ran == expected)
                    _all.SetResult();
            }
        }
    }

    private sealed class Call(Probe probe) : IThreadPoolWorkItem
    {
        private static int _calls;

        public void Execute()
        {
            probe.Begin();
            Thread.SpinWait(500);
            if ((Interlocked.Increment(ref _calls) & 63) == 0)
                Thread.Yield();
            probe.End();
        }
    }

    private sealed class Held : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _release = new();

        public Task Began => _began.Task;

        public void Release() => _release.Set();

        public void Execute()
        {
            _began.SetResult();
            _release.Wait();
        }
    }
}
