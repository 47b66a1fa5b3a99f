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

    [Fact]
    public void Evaluate_OfATargetThatIsNotListed_RanksItRightBehindTheList()
    {
        ScenarioUser user = new("u", new RankingInput(default, -1), default, (int[])[19]);
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(Items, (0, Items)), [user]);
        var lists = new RankedLists("lists");
        lists.Add("s", [[4, 3, 2, 1, 0, 7, 8, 9, 10, 11, 12, 13]]);
        ScenarioMetrics metrics = NewJudge().Evaluate(lists, scenario).Metrics;
        Assert.Equal((0, 0, 1 / 13.0), (metrics.Ndcg10, metrics.Recall50, metrics.Mrr));
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
