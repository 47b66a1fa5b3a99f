using Grpc.Core;
using Inference.Cli.Load;
using Recsys.V1;
using Xunit;

namespace UnitTests.Cli.Load;

public sealed class LoadTallyTests
{
    private const long Millisecond = 1_000_000;

    [Fact]
    public void Answer_CountsAsGoodWithinTheGoal()
    {
        LoadTally tally = Tally();
        tally.Answer(LoadKind.Warm, Answered, due: 0, now: 5 * Millisecond);
        tally.Answer(LoadKind.Warm, Answered, due: 0, now: 5 * Millisecond + 1);
        Assert.Equal((2L, 1L), (tally.Answered, tally.Good));
    }

    [Fact]
    public void Fail_OfAShedRequest_HasATimeOfItsOwnAndIsNoLatency()
    {
        LoadTally tally = Tally();
        tally.Fail(LoadKind.Warm, StatusCode.Unavailable, hasRetryInfo: true, due: 0, sent: 2 * Millisecond, now: 3 * Millisecond);
        tally.Fail(LoadKind.Warm, StatusCode.ResourceExhausted, hasRetryInfo: false, due: 0, sent: 0, now: Millisecond);
        tally.Fail(LoadKind.Warm, StatusCode.Internal, hasRetryInfo: false, due: 0, sent: 0, now: 100 * Millisecond);
        Assert.Equal((2L, 1L), (tally.Turned, tally.WithRetryInfo));
        Assert.Equal(3 * Millisecond, tally.Shed.Max);
        Assert.Equal(Millisecond, tally.ShedSinceSent.Max);
        Assert.Equal(0, tally.Latency.Count);
    }

    [Fact]
    public void Fail_AtTheDeadline_IsALatency()
    {
        LoadTally tally = Tally();
        tally.Fail(LoadKind.Cold, StatusCode.DeadlineExceeded, hasRetryInfo: false, due: 0, sent: 0, now: 1000 * Millisecond);
        Assert.Equal((1L, 1L, 0L), (tally.Latency.Count, tally.Kinds[(int)LoadKind.Cold].Latency.Count, tally.Kinds[(int)LoadKind.Warm].Latency.Count));
    }

    [Fact]
    public void Series_PutsEachRequestWhereItWasDue()
    {
        LoadTally tally = Tally();
        tally.Series.Begin(50 * Millisecond);
        long Due(double second) => (long)(second * 1000 * Millisecond) + 50 * Millisecond;
        foreach (double second in new[] { 0.0, 0.9, 1.0, 1.5, 3.2 })
            tally.Send(LoadKind.Warm, Due(second), Due(second));
        // The first one is answered when the third second has begun.
        tally.Answer(LoadKind.Warm, Answered, Due(0.0), Due(3.3));
        tally.Answer(LoadKind.Warm, Answered, Due(1.5), Due(1.5) + Millisecond);
        tally.Fail(LoadKind.Warm, StatusCode.Unavailable, hasRetryInfo: false, Due(3.2), Due(3.2), Due(3.3));
        IReadOnlyList<SeriesRow> rows = tally.Series.Rows();
        Assert.Equal([0.0, 1, 2, 3], rows.Select(row => row.Second));
        Assert.Equal([2L, 2, 0, 1], rows.Select(row => row.Offered));
        Assert.Equal([1L, 1, 0, 0], rows.Select(row => row.Answered));
        Assert.Equal([0L, 1, 0, 0], rows.Select(row => row.Good));
        Assert.Equal([0L, 0, 0, 1], rows.Select(row => row.Failed));
        Assert.Equal([3300 * Millisecond, Millisecond, 0, 0], rows.Select(row => row.Max));
    }

    [Fact]
    public void Series_OfALongRun_KeepsEveryIntervalAsARow()
    {
        var series = new LoadSeries(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        series.Begin(0);
        for (int second = 0; second < 10_000; second++)
        {
            series.Offer(second * 1000 * Millisecond);
            series.Answer(second * 1000 * Millisecond, (second % 7 + 1) * Millisecond, isGood: true);
        }

        // Too late for the series, and no harm.
        series.Answer(0, Millisecond, isGood: true);
        IReadOnlyList<SeriesRow> rows = series.Rows();
        Assert.Equal(10_000, rows.Count);
        Assert.All(rows.Select((row, i) => (row, i)), at => Assert.Equal((at.i, 1L, 1L, (at.i % 7 + 1) * Millisecond), (at.row.Second, at.row.Offered, at.row.Answered, at.row.Max)));
    }

    private static LoadAnswer Answered => new(Rung.UserTower, IsDegraded: false, IsEmpty: false);

    private static LoadTally Tally() => new(5 * Millisecond, new LoadSeries(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)));
}
