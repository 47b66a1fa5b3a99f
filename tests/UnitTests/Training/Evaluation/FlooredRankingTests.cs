using Inference.Recommendations.Guards;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Evaluation;

public sealed class FlooredRankingTests
{
    private const int Items = 40;

    [Fact]
    public void Of_ASlate_KeepsTheFloorAtEveryPrefixAndTheOrderOtherwise()
    {
        // Items rank by number; every fourth from 20 on is of the group.
        var model = new Descending();
        var floored = new FlooredRanking("floored", model, ExposureFloors.Of(["kind=k:0.2"]), [.. Enumerable.Range(0, Items).Select(item => item >= 20 && item % 4 == 0 ? 1u : 0u)], depth: 30);
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(Items, [(0, Items)]), [User("a", [], [24]), User("b", [20, 0], [1])]);
        int[] slate = new int[10];
        var scratch = new JudgeScratch(Items, 1);

        UserScores first = UserScores.Of(floored, scenario, 0, scratch, slate);
        Assert.Equal([0, 1, 2, 3, 20, 4, 5, 6, 7, 24], slate);
        Assert.Equal((1, 10), (first.Hits10, first.FirstRank));

        UserScores.Of(floored, scenario, 1, scratch, slate);
        Assert.Equal([1, 2, 3, 4, 24, 5, 6, 7, 8, 28], slate);
        Assert.Equal(0, floored.NotKept(scenario));
    }

    [Fact]
    public void Of_AGroupThatLiesTooDeep_SaysThatTheFloorIsNotKept()
    {
        var floored = new FlooredRanking("floored", new Descending(), ExposureFloors.Of(["kind=k:0.2"]), [.. Enumerable.Range(0, Items).Select(item => item >= 35 ? 1u : 0u)], depth: 10);
        var scenario = new Scenario("s", EvaluationPart.Test, new CandidateItems(Items, [(0, Items)]), [User("a", [], [24])]);
        int[] slate = new int[10];

        UserScores.Of(floored, scenario, 0, new JudgeScratch(Items, 1), slate);

        Assert.Equal(Enumerable.Range(0, 10), slate);
        Assert.Equal(1, floored.NotKept(scenario));
        Assert.Equal(["kind=k"], floored.Grouping.Groups);
        Assert.Equal(5, Enumerable.Range(0, Items).Count(item => floored.Grouping.GroupsOfItems[item].Length > 0));
    }

    private static ScenarioUser User(string id, int[] excluded, int[] targets) => new(id, new RankingInput(default, -1), excluded, targets);

    private sealed class Descending : RankingModel
    {
        public override string Name => "descending";

        public override void Score(in RankingInput user, Span<double> scores)
        {
            for (int item = 0; item < scores.Length; item++)
                scores[item] = -item;
        }
    }
}
