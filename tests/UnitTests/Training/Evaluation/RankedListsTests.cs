using Inference.Training.Chance;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Evaluation;

public sealed class RankedListsTests
{
    private const int Items = 20;

    [Fact]
    public void Evaluate_OfTheListsOfAModel_GivesTheScoresOfTheModel()
    {
        var random = new SeededRandom(1);
        double[][] scores = [.. Enumerable.Range(0, 12).Select(_ => Enumerable.Range(0, Items + 5).Select(_ => random.NextDouble()).ToArray())];
        ScenarioUser[] users = [.. scores.Select((_, user) => new ScenarioUser($"u{user}", new RankingInput(default, user), (int[])[user % 3], (int[])[5, 9, 15]))];
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(Items, (0, Items)), users);
        var lists = new RankedLists("lists");
        lists.Add("s", [.. users.Select((user, place) => Enumerable.Range(0, Items).Except(user.Excluded.ToArray()).OrderByDescending(item => scores[place][item]).ToArray())]);
        ScenarioMetrics expected = NewJudge().Evaluate(new TableModel("m", scores), scenario).Metrics, actual = NewJudge().Evaluate(lists, scenario).Metrics;
        Assert.Equal(expected.Named(), actual.Named());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(12)]
    public void Evaluate_OfATargetThatIsNotListed_RanksItBehindAllCandidates(int listed)
    {
        // Two of the twenty candidates are excluded, and one id that is none.
        ScenarioUser user = new("u", new RankingInput(default, -1), (int[])[16, 17, 22], (int[])[18, 19]);
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(Items + 5, (0, Items)), [user]);
        var lists = new RankedLists("lists");
        lists.Add("s", [[.. Enumerable.Range(0, listed)]]);
        ScenarioMetrics metrics = NewJudge().Evaluate(lists, scenario).Metrics;
        Assert.Equal((0, 0, 1 / 19.0), (metrics.Ndcg10, metrics.Recall50, metrics.Mrr));
    }

    [Fact]
    public void Evaluate_OfATargetFarDownALongList_HasItsPlaceInTheList()
    {
        ScenarioUser user = new("u", new RankingInput(default, -1), default, (int[])[70, 90]);
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(100, (0, 100)), [user]);
        var lists = new RankedLists("lists");
        lists.Add("s", [[.. Enumerable.Range(0, 80)]]);
        ColdSplit split = SmallSplit.Make();
        var judge = new Judge(split with { Items = new SplitItems([.. Enumerable.Range(0, 100).Select(item => $"n{item}")], 100, 0, new int[100]) }, ContentVectors.Of([.. Enumerable.Repeat<string[]>(["x"], 100)], weighByRarity: false), threads: 1);
        Assert.Equal(1 / 71.0, judge.Evaluate(lists, scenario).Metrics.Mrr);
    }

    [Fact]
    public void Evaluate_OfEmptyListsOnly_GivesZerosAndNoNaN()
    {
        ScenarioUser user = new("u", new RankingInput(default, -1), default, (int[])[19]);
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(Items, (0, Items)), [user]);
        var lists = new RankedLists("lists");
        lists.Add("s", [[]]);
        ScenarioResult result = NewJudge().Evaluate(lists, scenario);
        Assert.All(result.Metrics.Named(), metric => Assert.True(metric.Name == "mrr" ? metric.Value == 1 / 21.0 : metric.Value == 0, $"{metric.Name} is {metric.Value}"));
        ExposureReport exposure = ExposureReport.Of(result, ItemGrouping.ByPopularity(SmallSplit.Make().Items));
        Assert.Equal(0, exposure.Gini);
        Assert.All(exposure.Groups, group => Assert.Equal((0, 0), (group.Exposure, group.PerCatalogue)));
    }

    [Fact]
    public void Evaluate_OfAScenarioThatWasNotAsked_Throws()
    {
        ScenarioUser user = new("u", new RankingInput(default, -1), default, (int[])[19]);
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(Items, (0, Items)), [user]);
        Assert.Throws<ArgumentException>(() => NewJudge().Evaluate(new RankedLists("lists"), scenario));
    }

    private static Judge NewJudge()
    {
        ColdSplit split = SmallSplit.Make();
        return new Judge(split, ContentVectors.Of([.. Enumerable.Repeat<string[]>(["x"], split.Items.Count)], weighByRarity: false), threads: 1);
    }
}
