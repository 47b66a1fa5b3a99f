using Inference.Cli.Load;
using Xunit;

namespace UnitTests.Cli.Load;

public sealed class ArrivalScheduleTests
{
    [Fact]
    public void Next_WhenConstant_DoesNotDrift()
    {
        var schedule = new ArrivalSchedule(3000, Arrivals.Constant, seed: 1);
        for (long i = 0; i < 3_000_000; i++)
        {
            long due = schedule.Next();
            if (i % 300_000 == 0)
                Assert.Equal(i / 3000.0 * 1e9, due, 1.0);
        }
    }

    [Fact]
    public void Next_WhenPoisson_HasTheRateAndExponentialGaps()
    {
        var schedule = new ArrivalSchedule(20_000, Arrivals.Poisson, seed: 3);
        const int Count = 200_000;
        long last = 0;
        double squares = 0;
        int longGaps = 0;
        for (int i = 0; i < Count; i++)
        {
            long due = schedule.Next();
            Assert.True(due >= last);
            double gap = (due - last) / 50_000.0; // in mean gaps
            squares += gap * gap / Count;
            longGaps += gap > 1 ? 1 : 0;
            last = due;
        }

        Assert.Equal(Count / 20_000.0, last / 1e9, 0.1);
        Assert.Equal(2, squares, 0.06); // E[gap²] of an exponential with mean 1
        Assert.Equal(Math.Exp(-1), (double)longGaps / Count, 0.01);
    }

    [Fact]
    public void Next_WithSameSeed_IsTheSame()
    {
        var a = new ArrivalSchedule(100, Arrivals.Poisson, seed: 5);
        var b = new ArrivalSchedule(100, Arrivals.Poisson, seed: 5);
        for (int i = 0; i < 100; i++)
            Assert.Equal(a.Next(), b.Next());
    }

    [Fact]
    public void WaitUntil_ReturnsAtTheMomentAndNotBefore()
    {
        var pacer = new Pacer(TimeProvider.System);
        pacer.TakeThread();
        foreach (long wait in (long[])[0, 20_000, 300_000, 5_000_000])
        {
            long due = pacer.Now + wait;
            pacer.WaitUntil(due, CancellationToken.None);
            Assert.True(pacer.Now >= due);
        }

        using var stop = new CancellationTokenSource();
        stop.Cancel();
        pacer.WaitUntil(pacer.Now + 3_600_000_000_000, stop.Token);
    }
}
