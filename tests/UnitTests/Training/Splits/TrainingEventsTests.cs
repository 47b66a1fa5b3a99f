using Inference.Training.Data;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Splits;

public sealed class TrainingEventsTests
{
    [SkippableFact]
    public void Build_OfOnlineRetail_TakesAllBeforeTheValidationPart()
    {
        ColdSplit split = RetailData.Split;
        EventTable events = RetailData.Folder.Events;
        TrainingEvents training = TrainingEventsBuilder.Build(split, events);
        int expected = 0;
        foreach (long time in events.Milliseconds)
            expected += time < 1_314_835_200_000 ? 1 : 0;
        Assert.Equal(expected, training.Total);
        Assert.True(training.HasBaskets && training.BasketsOf(0).Length > 0 && training.ValuesOf(0).Length > 0);
        AssertNothingHeldOut(split, training);

        // Without the time of stats.json the rule comes out nearly the same, and never later.
        TrainingEvents derived = TrainingEventsBuilder.Build(split with { Times = null }, events);
        Assert.Contains("first event that is held out", derived.Rule, StringComparison.Ordinal);
        AssertNothingHeldOut(split, derived);
        Assert.InRange(derived.Total, expected, expected + 1000);
    }

    [Fact]
    public void Build_OfRandomSplits_NeverHoldsWhatIsHeldOut()
    {
        for (int seed = 0; seed < 6; seed++)
        {
            EventTable events = SmallEvents.Of([.. SmallEvents.Draw(seed, users: 60, items: 120, count: 5000)]);
            foreach (ColdSplitOptions options in new[] { new ColdSplitOptions { Validation = 500, Test = 800 }, new ColdSplitOptions { Mode = SplitTimes.Arrival } })
            {
                ColdSplit split = ColdSplitBuilder.Build(events, options);
                foreach (ColdSplit variant in new[] { split, split with { Times = null }, split with { Times = new SplitTimes(SplitTimes.Time, 900, 950) }, split with { Times = new SplitTimes(SplitTimes.Time, 100, 950) } })
                {
                    TrainingEvents training = TrainingEventsBuilder.Build(variant, events);
                    AssertNothingHeldOut(split, training);
                    for (int row = 0; row < training.Count; row++)
                        Assert.Equal(split.Training[row].ToArray(), training.ItemsOf(row).ToArray().Distinct());
                }
            }
        }
    }

    [Fact]
    public void Build_ByArrival_EndsEachUserAtTheLastTrainingItem()
    {
        EventTable events = SmallEvents.Of([("u", "a", 1), ("u", "a", 2), ("u", "b", 3), ("u", "b", 4), ("u", "c", 5), ("u", "a", 6)], baskets: [1, 1, 2, 2, 3, 3]);
        var items = new SplitItems(["a", "b", "c"], 3, 0, [1, 1, 1]);
        RowLists none = RowLists.Of([[]]), noRows = RowLists.Of([]);
        var nobody = new FewShotUsers([], noRows, noRows);
        var split = new ColdSplit(items, ["u"], RowLists.Of([[0, 1]]), none, none, none, none, nobody, nobody);

        // Nothing is held out, so that all is training: the items of the user at any time.
        Assert.Equal([0, 0, 1, 1, 0], TrainingEventsBuilder.Build(split, events).ItemsOf(0).ToArray());

        // An unseen user's event in between makes it a split by arrival.
        EventTable more = SmallEvents.Of([("v", "a", 2), ("u", "a", 1), ("u", "a", 2), ("u", "b", 3), ("u", "b", 4), ("u", "c", 5)], baskets: [9, 1, 1, 2, 2, 3]);
        TrainingEvents training = TrainingEventsBuilder.Build(split with { Test = new FewShotUsers(["v"], RowLists.Of([[0]]), RowLists.Of([[0]])) }, more);
        Assert.Equal([0, 0, 1], training.ItemsOf(0).ToArray());
        Assert.Equal([1L, 2, 3], training.SecondsOf(0).ToArray());
        Assert.Equal([1, 1, 2], training.BasketsOf(0).ToArray());
    }

    [Fact]
    public void Build_OfAStrangeSplit_SaysWhatIsMissing()
    {
        EventTable events = SmallEvents.Of(("u", "a", 1), ("w", "b", 1));
        RowLists none = RowLists.Of([[]]), noRows = RowLists.Of([]);
        var nobody = new FewShotUsers([], noRows, noRows);
        Assert.Contains("1 of 2 items of the split have no event, for example 'x'", Failure(["a", "x"], "u", 0), StringComparison.Ordinal);
        Assert.Contains("1 of 1 training users", Failure(["a", "b"], "nobody", 0), StringComparison.Ordinal);
        Assert.Contains("user 'u' has no event with the item 'b'", Failure(["a", "b"], "u", 1), StringComparison.Ordinal);

        string Failure(string[] items, string user, int item) => Assert.Throws<InvalidDataException>(() => TrainingEventsBuilder.Build(
            new ColdSplit(new SplitItems(items, 2, 0, [1, 1]), [user], RowLists.Of([[item]]), none, none, none, none, nobody, nobody), events)).Message;
    }

    private static void AssertNothingHeldOut(ColdSplit split, TrainingEvents training)
    {
        Assert.Equal(split.TrainingUserIds.Count, training.Count);
        for (int row = 0; row < training.Count; row++)
        {
            HashSet<int> allowed = [.. split.Training[row]];
            foreach (int item in training.ItemsOf(row))
                Assert.Contains(item, allowed);
            ReadOnlySpan<long> seconds = training.SecondsOf(row);
            for (int i = 1; i < seconds.Length; i++)
                Assert.True(seconds[i - 1] <= seconds[i]);
        }
    }
}
