using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Evaluation.Entrants;
using Inference.Training.Features;
using Inference.Training.Splits;
using UnitTests.Towers;
using Xunit;

namespace UnitTests.Training.Evaluation;

public sealed class ScenariosTests
{
    private readonly ColdSplit _split = SmallSplit.Make();

    [Theory]
    [InlineData(0, "unseen_user")]
    [InlineData(3, "few_3")]
    [InlineData(10, "few_10")]
    public void FewShots_ShowsTheFirstAndExcludesAllTen(int shots, string name)
    {
        Scenario scenario = Scenarios.FewShots(_split, EvaluationPart.Test, shots);
        ScenarioUser user = Assert.Single(scenario.Users);
        Assert.Equal(name, scenario.Name);
        Assert.Equal(((int[])[9, 8, 7, 6, 5, 4, 3, 2, 1, 0])[..shots], user.Input.History.ToArray());
        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], user.Excluded.ToArray());
        Assert.Equal([15, 16, 17, 18, 19], user.Targets.ToArray());
        Assert.Equal(20, scenario.Candidates.Count);
    }

    [Fact]
    public void FewShots_OfValidation_AsksForTheUsersOfValidation() => Assert.Equal("v", Assert.Single(Scenarios.FewShots(_split, EvaluationPart.Validation, 1).Users).Id);

    [Fact]
    public void FewShots_OfASample_HaveTheSameUsersWhateverTheyShow()
    {
        ColdSplit split = WithUnseenUsers(200);
        string[] ids = [.. Scenarios.FewShots(split, EvaluationPart.Validation, 1, mostUsers: 50).Users.Select(user => user.Id)];
        Assert.Equal(50, ids.Distinct().Count());
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.NotEqual(split.Validation.UserIds.Take(50), ids);
        Assert.Equal(ids, Scenarios.FewShots(split, EvaluationPart.Validation, 10, mostUsers: 50).Users.Select(user => user.Id));
        Assert.Equal(200, Scenarios.FewShots(split, EvaluationPart.Validation, 1).Users.Count);
    }

    [Fact]
    public void TuningScenarios_OfManyUnseenUsers_MakeDoWithASample()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["d"]);
        File.WriteAllText(Path.Combine(folder["d"], "events.csv"), "user_id,item_id,timestamp\na,i000,1\n");
        var scenarios = new TuningScenarios(EvaluationInputs.Of("d", DataFolder.Open(folder["d"]), WithUnseenUsers(1_200), seed: 1, threads: 1));
        Assert.Equal([1_000, 1_000, 1_000, 1_000, 1_000], scenarios.Few.Append(scenarios.UnseenUser!).Select(scenario => scenario.Users.Count));
    }

    private ColdSplit WithUnseenUsers(int count) => _split with
    {
        Validation = new FewShotUsers(
            [.. Enumerable.Range(0, count).Select(user => $"v{user:0000}")],
            SmallSplit.Rows([.. Enumerable.Repeat<int[]>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], count)]),
            SmallSplit.Rows([.. Enumerable.Repeat<int[]>([10, 11, 12, 13, 14], count)])),
    };

    [Fact]
    public void WarmUsers_WhenTesting_KnowsTheValidationPart()
    {
        Scenario scenario = Scenarios.WarmUsers(_split, EvaluationPart.Test);
        Assert.Equal(["a", "b"], scenario.Users.Select(user => user.Id));
        Assert.Equal([0, 1, 2, 6], scenario.Users[0].Input.History.ToArray());
        Assert.Equal([0, 1, 2, 6], scenario.Users[0].Excluded.ToArray());
        Assert.Equal([9, 10], scenario.Users[0].Targets.ToArray());
    }

    [Fact]
    public void WarmUsers_WhenTuning_KnowsTrainingAlone()
    {
        Scenario scenario = Scenarios.WarmUsers(_split, EvaluationPart.Validation);
        Assert.Equal(["a", "c"], scenario.Users.Select(user => user.Id));
        Assert.Equal([0, 1, 2], scenario.Users[0].Input.History.ToArray());
        Assert.Equal([6], scenario.Users[0].Targets.ToArray());
    }

    [Fact]
    public void WarmUsers_OfASample_KeepsTheirOrder()
    {
        Scenario scenario = Scenarios.WarmUsers(_split, EvaluationPart.Validation, mostUsers: 1);
        Assert.Single(scenario.Users); // numpy: RandomState(1).permutation(2) is [0, 1]
        Assert.Equal("a", scenario.Users[0].Id);
    }

    [Theory]
    [InlineData(EvaluationPart.Test, 20, 22)]
    [InlineData(EvaluationPart.Validation, 22, 25)]
    public void UnseenItems_RanksTheColdItemsOfItsPart(EvaluationPart part, int start, int end)
    {
        Scenario alone = Scenarios.UnseenItems(_split, part);
        Scenario among = Scenarios.UnseenItems(_split, part, amongAll: true);
        Assert.Equal([(start, end)], alone.Candidates.Ranges.ToArray());
        Assert.Equal([(0, 20), (start, end)], among.Candidates.Ranges.ToArray());
        Assert.Equal(25, among.Candidates.ScoreLength);
        Assert.Equal(2, alone.Users.Count);
        Assert.True(alone.NeedsColdItems);
    }

    [Fact]
    public void All_FindsUsersInTheContexts()
    {
        var contexts = new UserContexts([], ["b", "t", "a"], []);
        IReadOnlyList<Scenario> all = Scenarios.All(_split, EvaluationPart.Test, contexts);
        Assert.Equal(["unseen_user", "few_1", "few_3", "few_5", "few_10", "warm", "cold_only", "all_items"], all.Select(scenario => scenario.Name));
        Assert.Equal(1, all[0].Users[0].Input.User);
        Assert.Equal([2, 0], all[5].Users.Select(user => user.Input.User));
    }

    [Fact]
    public void All_OfASplitWithoutUsersOrColdItems_IsEmpty()
    {
        var items = new SplitItems(["x"], 1, 0, [1]);
        RowLists none = SmallSplit.Rows([]);
        var split = new ColdSplit(items, ["a"], SmallSplit.Rows([0]), none, none, none, none, SmallSplit.NoUsers, SmallSplit.NoUsers);
        Assert.Empty(Scenarios.All(split, EvaluationPart.Test, contexts: null));
    }
}
