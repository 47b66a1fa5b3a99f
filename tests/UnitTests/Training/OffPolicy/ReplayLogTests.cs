using System.Text;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Users;
using Inference.Training.OffPolicy;
using UnitTests.Towers;
using Xunit;

namespace UnitTests.Training.OffPolicy;

public sealed class ReplayLogTests
{
    private const string Uniform = "epsilon_greedy:epsilon=1";
    private static readonly Decision First = TestLog.Decision("first", Uniform, 3, 0), Second = TestLog.Decision("second", Uniform, 3, 1);

    [Fact]
    public void Close_WithEventsBeforeTheirDecisions_JoinsThem()
    {
        ReplayLog log = Read(TestLog.Click(Second), TestLog.Click(First), First, Second);

        Assert.Equal(1, Mean(log));
        Assert.Equal(0, log.Counts.OrphanEvents);
    }

    [Fact]
    public void Add_WithRepetitions_CountsTheFirst()
    {
        ReplayLog log = Read(First, First with { Time = TestLog.Start.AddDays(3) }, Second, TestLog.Click(First, id: "e"), TestLog.Click(First, id: "e"));

        Assert.Equal(0.5, Mean(log));
        Assert.Equal((1, 1), (log.Counts.DuplicateDecisions, log.Counts.DuplicateEvents));
    }

    [Fact]
    public void Add_WithPagesOfOneRequest_JoinsEventsToThePageThatShowedTheItem()
    {
        // The client sent the same request id with the token of the next page.
        Decision other = TestLog.Decision("first", Uniform, 3, 1, 2);
        Decision next = other with
        {
            Page = 2, ShownBefore = 10, FirstRequestId = "first",
            Choices = [.. other.Choices.Select(choice => choice with { Slot = choice.Slot + 10, Items = [.. choice.Items.Select(item => item with { ItemId = item.ItemId + " of page 2" })] })],
        };

        ReplayLog log = Read(First, next, next, First, TestLog.Click(next, draw: 1), TestLog.Click(next, draw: 0, slot: 1));

        Assert.Equal(1.0 / 3, Mean(log), 1e-12); // of three draws one was clicked
        Assert.Equal((2, 1), (log.Counts.DuplicateDecisions, log.Counts.MismatchedEvents));
    }

    [Fact]
    public void Add_WithEventsOfNothingThatWasDrawn_CountsThemApart()
    {
        ReplayLog log = Read(
            First,
            TestLog.Click(Second),
            TestLog.Click(First, after: TimeSpan.FromHours(25)),
            TestLog.Click(First, after: TimeSpan.FromHours(-1)),
            TestLog.Click(First, slot: 2),
            TestLog.Click(First) with { ItemId = "another" },
            TestLog.Click(First) with { ItemId = "another", Slot = 9 });

        Assert.Equal(0, Mean(log));
        Assert.Equal((1, 2, 2, 1), (log.Counts.OrphanEvents, log.Counts.LateEvents, log.Counts.MismatchedEvents, log.Counts.OtherSlots));
    }

    [Theory]
    [InlineData(RewardKind.Click, 1)]
    [InlineData(RewardKind.Cart, 0)]
    [InlineData(RewardKind.Purchase, 1)]
    [InlineData(RewardKind.Value, 7.5)]
    public void Add_WithEventsOfSeveralTypes_CountsWhatIsAskedFor(RewardKind reward, double expected)
    {
        ReplayLog log = TestLog.Read(
            TestLog.Lenient with { Reward = reward }, [], First, TestLog.Click(First, id: "a", value: 100), TestLog.Click(First, id: "b", slot: 0),
            TestLog.Click(First, id: "c", type: InteractionType.Purchase, value: 2.5), TestLog.Click(First, id: "d", type: InteractionType.Purchase, value: 5));

        Assert.Equal(expected, Mean(log));
    }

    [Fact]
    public void Run_OfConfirmedDrawsAlone_LeavesOutWhatWasNotSeen()
    {
        ReplayLog log = TestLog.Read(
            TestLog.Lenient with { ConfirmedOnly = true }, [], First, Second, TestLog.Decision("third", Uniform, 3, 2), TestLog.Click(First), TestLog.Click(Second, type: InteractionType.Skip));

        Assert.Equal(0.5, Mean(log));
    }

    [Fact]
    public void Add_WithLinesThatCannotBeTrue_CountsThemAndGoesOn()
    {
        string whole = Encoding.UTF8.GetString(TestLog.Lines(Second)).TrimEnd();
        string[] bad =
        [
            "garbage", "{}", "[]", "null", "\0\0\0", whole[..^1], whole[..(whole.Length / 2)], whole + "}",
            whole.Replace("\"chosen\":1", "\"chosen\":7", StringComparison.Ordinal),
            whole.Replace("\"chosen\":1", "\"chosen\":-1", StringComparison.Ordinal),
            whole.Replace("\"chosen\":1", "\"chosen\":\"b\"", StringComparison.Ordinal),
            whole.Replace("epsilon_greedy", "greed", StringComparison.Ordinal),
            whole.Replace("\"probability\":0.3", "\"probability\":0.9", StringComparison.Ordinal),
            whole.Replace("\"probability\":0.3", "\"probability\":-0.3", StringComparison.Ordinal),
            whole.Replace("\"rate\":0.05", "\"rate\":0", StringComparison.Ordinal),
            whole.Replace("\"request_id\":\"second\"", "\"request_id\":\"\"", StringComparison.Ordinal),
            whole.Replace("\"request_id\":\"second\"", "\"request_id\":5", StringComparison.Ordinal),
            whole.Replace("2026-", "never", StringComparison.Ordinal),
            whole.Replace("\"kind\":\"decision\"", "\"kind\":\"other\"", StringComparison.Ordinal),
        ];
        Assert.All(bad, line => Assert.NotEqual(whole, line));

        ReplayLog log = Read([.. bad, First, TestLog.Click(First)]);

        Assert.Equal(bad.Length, log.Counts.BadLines);
        Assert.Equal((1, 1), (log.Counts.Decisions, log.Draws.Count));
        Assert.Equal(1, Mean(log));
    }

    [Fact]
    public void Add_WithPropertiesOfALaterFormat_PassesThemOver()
    {
        string line = Encoding.UTF8.GetString(TestLog.Lines(First)).TrimEnd().Replace("{\"kind\"", "{\"more\":{\"a\":[1,{}]},\"kind\"", StringComparison.Ordinal).Replace("\"chosen\"", "\"new\":[1],\"chosen\"", StringComparison.Ordinal);

        ReplayLog log = Read(line, TestLog.Click(First));

        Assert.Equal((0, 1.0), (log.Counts.BadLines, Mean(log)));
    }

    [Fact]
    public void Add_WithIdsThatJsonEscapes_JoinsThem()
    {
        Decision decision = TestLog.Decision("quote \" slash \\ line \n ünï", Uniform, 2, 1);

        Assert.Equal(1, Mean(Read(decision, TestLog.Click(decision))));
    }

    [Fact]
    public void Read_OfAFolderWhoseWriterWasKilled_LeavesOutTheLastPart()
    {
        using var folder = new TemporaryFolder();
        byte[] first = TestLog.Lines(First, TestLog.Click(First)), second = TestLog.Lines(Second, TestLog.Click(Second));
        File.WriteAllBytes(folder["decisions-1.jsonl"], [.. first, .. second.AsSpan(0, 40)]);
        File.WriteAllBytes(folder["decisions-2.jsonl"], second);
        File.WriteAllText(folder["other.txt"], "none of its business");
        var log = new ReplayLog([], TestLog.Lenient);

        LogFolder.Read(folder.Path, log, null, CancellationToken.None);
        log.Close();

        Assert.Equal((1, 0, 2), (log.Counts.CutShort, log.Counts.BadLines, log.Counts.Decisions));
        Assert.Equal(1, Mean(log));
    }

    [Fact]
    public void Read_OfLinesLongerThanABuffer_ReadsThem()
    {
        using var folder = new TemporaryFolder();
        string padding = new('x', 3 << 20);
        string line = Encoding.UTF8.GetString(TestLog.Lines(First)).Replace("\"model\":\"m/1\"", $"\"model\":\"{padding}\"", StringComparison.Ordinal);
        File.WriteAllText(folder["decisions-1.jsonl"], line + Encoding.UTF8.GetString(TestLog.Lines(Second, TestLog.Click(Second))));
        var log = new ReplayLog([], TestLog.Lenient);

        LogFolder.Read(folder.Path, log, null, CancellationToken.None);
        log.Close();

        Assert.Equal((0, 2), (log.Counts.BadLines, log.Counts.Decisions));
        Assert.Equal(0.5, Mean(log));
    }

    [Theory]
    [InlineData("off", "off")]
    [InlineData("softmax", "softmax:temperature=0.5")]
    [InlineData("softmax:temperature=0.2", "softmax:temperature=0.2")]
    [InlineData("ucb:confidence_width=2, prior_impressions=5", "ucb:confidence_width=2,prior_impressions=5")]
    [InlineData("thompson:", "thompson:prior_impressions=20")]
    public void TryParse_OfAPolicy_ReadsItWithItsDefaults(string text, string expected) => Assert.Equal(expected, TestLog.Policy(text).ToString());

    [Theory]
    [InlineData("greedy", "there is no policy 'greedy'")]
    [InlineData("off:epsilon=1", "off has no parameters")]
    [InlineData("softmax:epsilon=1", "softmax has no parameter 'epsilon'; it has temperature")]
    [InlineData("softmax:temperature", "temperature=NUMBER")]
    [InlineData("softmax:temperature=0", "between")]
    [InlineData("epsilon_greedy:epsilon=nan", "epsilon=NUMBER")]
    public void TryParse_OfNoPolicy_SaysWhy(string text, string expected)
    {
        Assert.False(TargetPolicy.TryParse(text, out _, out string? problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    private static ReplayLog Read(params object[] entries) => TestLog.Read(TestLog.Lenient, [], entries);

    private static double Mean(ReplayLog log) => OffPolicyEstimator.Run(log).LoggedValue.Value;
}
