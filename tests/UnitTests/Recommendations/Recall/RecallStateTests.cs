using Inference.Recommendations.Recall;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Recall;

public sealed class RecallStateTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Add_OfBadSearches_RaisesTheAlarmWithTheLastThatIsNeeded()
    {
        RecallState state = Make();

        Assert.Equal(Enumerable.Repeat(false, 19), Add(state, 19, hits: 5));
        Assert.Null(state.Alarm);
        Assert.Equal([true], Add(state, 1, hits: 5));

        Assert.Contains("finds 50.0 % of the best items", state.Alarm!.Detail, StringComparison.Ordinal);
        Assert.Contains("90.0 % are wanted; the index answers all the same", state.Alarm.Detail, StringComparison.Ordinal);
        Assert.False(state.Alarm.Scans);
    }

    [Fact]
    public void Add_OfSearchesThatFindNextToNothing_RaisesTheAlarmAfterTen()
    {
        RecallState state = Make();
        Add(state, 60, hits: 10);

        bool[] changes = Add(state, 10, hits: 1);

        Assert.Contains(true, changes);
        Assert.Contains("finds 1", state.Alarm!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_OfSearchesHoursApart_CountsThemAll()
    {
        RecallState state = Make();
        for (int i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromHours(2));
            Add(state, 1, hits: 5);
        }

        Assert.NotNull(state.Alarm);
    }

    [Fact]
    public void Add_AfterManyGoodSearches_RaisesTheAlarmByTheLatest()
    {
        RecallState state = Make();
        Add(state, 500, hits: 10);

        bool[] changes = Add(state, 20, hits: 5);

        // The estimate of all is still above the threshold.
        Assert.Contains(true, changes);
        Assert.InRange(state.Report().Overall.Recall, 0.9, 1);
    }

    [Fact]
    public void Add_BetweenTheEnds_LeavesThingsAsTheyAre()
    {
        RecallState good = Make(), bad = Make();
        Add(bad, 20, hits: 5);

        // Nine or eight of ten, in turns, and then nine: the interval has the threshold in it.
        for (int i = 0; i < 40; i++)
        {
            int hits = i % 2 == 0 ? 10 : 8;
            Assert.False(good.Add(Measure(hits), isAgainstEmbeddings: true));
            bad.Add(Measure(hits), isAgainstEmbeddings: true);
        }

        Assert.Null(good.Alarm);
        Assert.NotNull(bad.Alarm);
    }

    [Fact]
    public void Add_OfGoodSearchesAfterBad_EndsTheAlarmOnce()
    {
        RecallState state = Make(options => options.Fallback = RecallFallback.Exact);
        Add(state, 20, hits: 5);
        Assert.True(state.Alarm!.Scans);

        // The latest 70 decide, twice those that could reach 0.9 at all; 20 good ones are outweighed.
        bool[] changes = Add(state, 20, hits: 10);
        Assert.NotNull(state.Alarm);
        changes = [.. changes, .. Add(state, 70, hits: 10)];

        Assert.Null(state.Alarm);
        Assert.Single(changes, changed => changed);
    }

    [Fact]
    public void Add_WhereAScanFindsNoMore_DoesNotScan()
    {
        RecallState state = Make(options => options.Fallback = RecallFallback.Exact);

        Add(state, 20, hits: 5, scanHits: 5);

        Assert.False(state.Alarm!.Scans);
        Assert.Contains("the codes of the index are wrong", state.Alarm.Detail, StringComparison.Ordinal);
        Assert.Equal(0.5, state.Report().Scan.Recall);
    }

    [Fact]
    public void Add_WithoutAThreshold_RaisesNoAlarm()
    {
        RecallState state = Make(options => options.Threshold = 0);

        Add(state, 100, hits: 0);

        Assert.Null(state.Alarm);
        Assert.Equal(0, state.Report().Overall.Recall);
    }

    [Fact]
    public void Report_LeavesOutWhatIsOldOrBehindTheWindow_AndTellsClassesApart()
    {
        RecallState state = Make(options => (options.Window, options.WindowTime) = (30, TimeSpan.FromMinutes(10)));
        Add(state, 10, hits: 0);
        _time.Advance(TimeSpan.FromMinutes(11));
        Add(state, 20, hits: 10);
        Add(state, 5, hits: 5, filter: FilterClass.Tenth);

        RecallReport report = state.Report();

        Assert.Equal((25, 35L), (report.Overall.Samples, report.Checked));
        Assert.Equal((20, 1.0), (report.ByFilter[(int)FilterClass.None].Samples, report.ByFilter[(int)FilterClass.None].Recall));
        Assert.Equal((5, 0.5), (report.ByFilter[(int)FilterClass.Tenth].Samples, report.ByFilter[(int)FilterClass.Tenth].Recall));
        Add(state, 30, hits: 10);
        Assert.Equal((30, 1.0), (state.Report().Overall.Samples, state.Report().Overall.Recall));
    }

    [Theory]
    [InlineData(1000, 1000, false, FilterClass.None)]
    [InlineData(990, 1000, false, FilterClass.None)]
    [InlineData(989, 1000, false, FilterClass.Half)]
    [InlineData(1000, 1000, true, FilterClass.Half)]
    [InlineData(500, 1000, true, FilterClass.Half)]
    [InlineData(499, 1000, true, FilterClass.Tenth)]
    [InlineData(99, 1000, true, FilterClass.Hundredth)]
    [InlineData(9, 1000, true, FilterClass.Thousandth)]
    [InlineData(9, 10000, true, FilterClass.Less)]
    [InlineData(0, 0, false, FilterClass.None)]
    public void FilterClass_GoesByTheShareThatIsEligible(int eligible, int rows, bool isPicked, FilterClass expected) =>
        Assert.Equal(expected, FilterClasses.Of(eligible, rows, isPicked));

    private RecallState Make(Action<RecallOptions>? configure = null)
    {
        var options = new RecallOptions { MinSamples = 20 };
        configure?.Invoke(options);
        return new RecallState("shop/1", options, _time);
    }

    private RecallMeasure Measure(int hits, int? scanHits = null, FilterClass filter = FilterClass.None) => new(_time.GetTimestamp(), filter, 10, hits, scanHits ?? 10);

    private bool[] Add(RecallState state, int count, int hits, int? scanHits = null, FilterClass filter = FilterClass.None) =>
        [.. Enumerable.Range(0, count).Select(_ => state.Add(Measure(hits, scanHits, filter), isAgainstEmbeddings: true))];
}
