using Inference.Cli.Load;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>What the load generator measures when a server is in trouble.</summary>
public sealed class LoadRunTests
{
    [Fact]
    public async Task Run_OfAServerThatStalls_CountsTheStallForEveryRequestThatCameMeanwhile()
    {
        // 500 requests in a second; between 0.3 and 0.7 s nothing is answered. A closed loop would report one slow request per connection.
        LoadOptions options = Options(rate: 500, TimeSpan.FromSeconds(1));
        (LoadRun run, LoadReport report) = await RunAsync(new StallingInvoker(TimeProvider.System, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.7)), options);
        Assert.Equal(500, report.Offered);
        Assert.Equal(500, report.Answered);
        Assert.Equal(0, report.Failed + report.Unfinished);
        // Two fifths of the requests wait 0 to 400 ms, evenly: the slowest tenth of all waits 300 ms and more. The run's own start may shift the stall a little.
        Assert.InRange(run.Tally.Latency.Quantile(0.9) / 1e6, 230, 10_000);
        Assert.InRange(run.Tally.Latency.Max / 1e6, 330, 10_000);
        Assert.True(run.Tally.Latency.Quantile(0.3) < run.Tally.Latency.Quantile(0.9) / 2);
    }

    [Fact]
    public async Task Run_WhenSendingItselfIsHeldUp_CountsThatForAllThatCameMeanwhile()
    {
        // The sender is held for 0.3 s of 1 s; measured from the moment of sending, no request would seem slow.
        LoadOptions options = Options(rate: 500, TimeSpan.FromSeconds(1));
        (LoadRun run, LoadReport report) = await RunAsync(new StallingInvoker(TimeProvider.System, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.6), holdsTheSender: true), options);
        Assert.Equal(500, report.Answered);
        Assert.InRange(run.Tally.Latency.Quantile(0.9) / 1e6, 120, 10_000);
        Assert.InRange(run.Tally.SendLag.Quantile(0.9) / 1e6, 120, 10_000);
        Assert.True(report.IsGeneratorLate);
    }

    [Fact]
    public async Task Run_OfAServerThatNeverAnswers_StaysBoundedAndEnds()
    {
        LoadOptions options = Options(rate: 1000, TimeSpan.FromSeconds(0.5)) with { MaxInFlight = 10, Deadline = TimeSpan.FromMilliseconds(50) };
        (_, LoadReport report) = await RunAsync(new StallingInvoker(TimeProvider.System, TimeSpan.Zero, TimeSpan.MaxValue), options);
        Assert.Equal(500, report.Offered);
        Assert.Equal(0, report.Answered);
        Assert.Equal(10, report.Unfinished);
        Assert.Equal((LoadTally.NotSent, 490L), Assert.Single(report.Failures));
        Assert.Equal(1, report.ErrorShare);
    }

    [Fact]
    public async Task Run_OfAnswersAfterTheirDeadline_CountsThemAsNone()
    {
        // What is sent in the first 0.3 s is answered then, which is in time for what was sent in the last tenth of a second only.
        LoadOptions options = Options(rate: 500, TimeSpan.FromSeconds(0.6)) with { Deadline = TimeSpan.FromMilliseconds(100) };
        (LoadRun run, LoadReport report) = await RunAsync(new StallingInvoker(TimeProvider.System, TimeSpan.Zero, TimeSpan.FromSeconds(0.3)), options);
        (string status, long late) = Assert.Single(report.Failures);
        Assert.Equal("DeadlineExceeded", status);
        // Two thirds of 150, but for what the machine held up.
        Assert.InRange(late, 1, 200);
        Assert.Equal(300, report.Answered + late);
        Assert.InRange(run.Tally.Latency.Max / 1e6, 150, 10_000);
    }

    [Fact]
    public async Task Run_WithAMaximumOfRequests_EndsThere()
    {
        LoadOptions options = Options(rate: 2000, TimeSpan.FromMinutes(10)) with { MaxRequests = 100 };
        (_, LoadReport report) = await RunAsync(new StallingInvoker(TimeProvider.System, TimeSpan.Zero, TimeSpan.Zero), options);
        Assert.Equal(100, report.Answered);
        Assert.InRange(report.OfferedRate, 1900, 2150);
    }

    [Fact]
    public async Task Run_WhenCancelled_KeepsWhatWasMeasured()
    {
        using var stop = new CancellationTokenSource();
        var run = new LoadRun([new LoadTarget(new StallingInvoker(TimeProvider.System, TimeSpan.Zero, TimeSpan.Zero))], Options(rate: 1000, TimeSpan.FromMinutes(10)), Mix(), TimeProvider.System);
        Task ended = run.RunAsync(stop.Token);
        while (run.Tally.Answered < 20)
            await Task.Delay(5);
        await stop.CancelAsync();
        await ended.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(run.Tally.Answered >= 20);
    }

    [Fact]
    public async Task Run_WithWarmUp_DoesNotCountIt()
    {
        LoadOptions options = Options(rate: 500, TimeSpan.FromSeconds(0.2)) with { WarmUp = TimeSpan.FromSeconds(0.4) };
        (LoadRun run, LoadReport report) = await RunAsync(new StallingInvoker(TimeProvider.System, TimeSpan.Zero, TimeSpan.Zero), options);
        Assert.Equal(100, report.Offered);
        Assert.Equal(0.4, run.MeasuredFrom / 1e9, 0.15);
    }

    private static async Task<(LoadRun Run, LoadReport Report)> RunAsync(StallingInvoker invoker, LoadOptions options)
    {
        var run = new LoadRun([new LoadTarget(invoker)], options, Mix(), TimeProvider.System);
        await run.RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));
        return (run, new LoadReport(run, options));
    }

    private static RequestMix Mix() => new(new MixOptions { Traffic = TrafficMix.Of(coldShare: 0), Users = new NumberedIds("u", 2), Limit = 1 }, TimeProvider.System);

    private static LoadOptions Options(double rate, TimeSpan duration) => new()
    {
        Rate = rate,
        Arrivals = Arrivals.Constant,
        Duration = duration,
        WarmUp = TimeSpan.Zero,
        MaxRequests = long.MaxValue,
        Deadline = TimeSpan.FromSeconds(10),
        MaxInFlight = 100_000,
        Seed = 1,
    };
}
