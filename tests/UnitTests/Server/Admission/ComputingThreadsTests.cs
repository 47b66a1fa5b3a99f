using Inference.Server.Admission.Limits;
using Xunit;

namespace UnitTests.Server.Admission;

public sealed class ComputingThreadsTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private TimeSpan _busy;

    [Fact]
    public void Now_WhileTowersTakeLittle_IsTheProcessors()
    {
        ComputingThreads threads = Make();

        Look(threads, share: 0.2, times: 100);

        Assert.Equal(2, threads.Now);
    }

    [Fact]
    public void Now_WhileTowersTakeMost_HasTwoMoreForEachRun_UntilTheyTakeLittle()
    {
        ComputingThreads threads = Make();

        Look(threads, share: 0.9, times: 20);
        Assert.Equal(2 + (2 * 3), threads.Now);
        Look(threads, share: 0.4, times: 100);
        Assert.Equal(2 + (2 * 3), threads.Now);
        Look(threads, share: 0, times: 20);
        Assert.Equal(2, threads.Now);
    }

    [Fact]
    public void Now_AfterOneLongRun_IsAsBefore()
    {
        ComputingThreads threads = Make();

        Look(threads, share: 1, times: 1);

        Assert.Equal(2, threads.Now);
    }

    [Fact]
    public void Now_AfterRunsOfBefore_IsTheProcessors()
    {
        _busy = TimeSpan.FromHours(1);
        ComputingThreads threads = Make();

        Look(threads, share: 0, times: 1);

        Assert.Equal(2, threads.Now);
    }

    private ComputingThreads Make() => new(processors: 2, runs: 3, () => _busy);

    private void Look(ComputingThreads threads, double share, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _busy += share * Period;
            threads.Look(Period);
        }
    }
}
