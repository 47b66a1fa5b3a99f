using Inference.Training.Evaluation;
using Inference.Training.Models;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Evaluation;

public sealed class ExposureReportTests
{
    [Fact]
    public void Of_TwoGroups_GivesSharesAndRatios()
    {
        // Items 0 and 1 are of group a, 2 of b, 3 of both, 4 of none.
        var grouping = new ItemGrouping("kind", ["a", "b"], SmallSplit.Rows([0], [0], [1], [0, 1], []));
        ExposureReport report = ExposureReport.Of(Result(5, exposures: [6, 2, 1, 1, 0], targets: [[2, 3], [0, 4]]), grouping);
        Assert.Equal(["a", "b"], report.Groups.Select(group => group.Group));
        Assert.Equal(new GroupExposure("a", 0.9, 0.6, 0.5), report.Groups[0]);
        Assert.Equal(new GroupExposure("b", 0.2, 0.4, 0.5), report.Groups[1]);
        Assert.Equal(1.5, report.Groups[0].PerCatalogue, 1e-12);
        Assert.Equal(0.4, report.Groups[1].PerTarget, 1e-12);
    }

    [Theory]
    [InlineData(new[] { 5, 5, 5, 5 }, 0)] // as often as they are large
    [InlineData(new[] { 20, 0, 0, 0 }, 0.75)] // one of four groups has it all
    [InlineData(new[] { 10, 10, 0, 0 }, 0.5)]
    public void Of_EqualGroups_GivesTheirGini(int[] exposures, double gini)
    {
        var grouping = new ItemGrouping("kind", ["a", "b", "c", "d"], SmallSplit.Rows([0], [1], [2], [3]));
        Assert.Equal(gini, ExposureReport.Of(Result(4, exposures, [[0]]), grouping).Gini, 1e-12);
    }

    [Fact]
    public void Of_ColdItemsAlone_LeavesOutGroupsWithoutCandidates()
    {
        SplitItems items = SmallSplit.Items(20);
        ItemGrouping grouping = ItemGrouping.ByPopularity(items);
        var scenario = new Scenario("cold_only", EvaluationPart.Test, new CandidateItems(25, (20, 22)), [new ScenarioUser("u", new RankingInput(default, 0), default, (int[])[20])]);
        int[] exposures = new int[25];
        exposures[20] = 3;
        Assert.Equal([new GroupExposure(ItemGrouping.ColdItems, 1, 1, 1)], ExposureReport.Of(Result(scenario, exposures), grouping).Groups);
    }

    [Fact]
    public void ByPopularity_MakesEqualTenthsFromTheMostPopular()
    {
        int[] users = [.. Enumerable.Range(0, 20)];
        ItemGrouping grouping = ItemGrouping.ByPopularity(SmallSplit.Items(20, users));
        Assert.Equal(11, grouping.Groups.Count);
        Assert.Equal([0], grouping.GroupsOfItems[19].ToArray());
        Assert.Equal([0], grouping.GroupsOfItems[18].ToArray());
        Assert.Equal([9], grouping.GroupsOfItems[0].ToArray());
        Assert.Equal([10], grouping.GroupsOfItems[20].ToArray()); // a cold item
    }

    [Fact]
    public void ByValues_WithManyValues_PutsTheRareOnesTogether()
    {
        string[][] values = [["x"], ["x", "y"], ["y"], ["z"], ["w", "z"], [], ["x"]];
        ItemGrouping grouping = ItemGrouping.ByValues("kind", values, mostGroups: 3);
        Assert.Equal(["x", "y", "other"], grouping.Groups);
        Assert.Equal([0, 1], grouping.GroupsOfItems[1].ToArray());
        Assert.Equal([2], grouping.GroupsOfItems[4].ToArray());
        Assert.Empty(grouping.GroupsOfItems[5].ToArray());
    }

    [Fact]
    public void ByRange_MakesEqualFifths()
    {
        ItemGrouping grouping = ItemGrouping.ByRange("price", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, double.NaN])!;
        Assert.Equal(["under 3", "3 to 5", "5 to 7", "7 to 9", "9 and more"], grouping.Groups);
        Assert.Equal([0], grouping.GroupsOfItems[1].ToArray());
        Assert.Equal([1], grouping.GroupsOfItems[2].ToArray());
        Assert.Equal([4], grouping.GroupsOfItems[9].ToArray());
        Assert.Empty(grouping.GroupsOfItems[10].ToArray());
        Assert.Null(ItemGrouping.ByRange("price", [2, 2, 2]));
        Assert.Null(ItemGrouping.ByRange("price", [double.NaN]));
    }

    private static ScenarioResult Result(int items, int[] exposures, int[][] targets) => Result(
        new Scenario("s", EvaluationPart.Test, new CandidateItems(items, (0, items)), targets.Select(list => new ScenarioUser("u", new RankingInput(default, 0), default, list))), exposures);

    private static ScenarioResult Result(Scenario scenario, int[] exposures)
    {
        var metrics = new ScenarioMetrics
        {
            Users = 1, Skipped = 0, Ndcg10 = 0, Ndcg10Interval = (0, 0), Recall10 = 0, RecallAll10 = 0, Recall50 = 0, RecallAll50 = 0, Hit10 = 0, Mrr = 0, Coverage10 = 0, Gini10 = 0, Novelty10 = 0, Ild10 = 0,
        };
        return new ScenarioResult("m", scenario, metrics, [0], exposures, TimeSpan.Zero);
    }
}
