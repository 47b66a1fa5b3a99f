using Inference.Cli.Evaluation.Replay;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Recsys.V1;
using UnitTests.Training.Fused;
using Xunit;

namespace UnitTests.Cli.Evaluation;

public sealed class ScenarioRequestsTests : IDisposable
{
    private readonly FusedFolder _folder = new();
    private readonly EvaluationInputs _inputs;

    public ScenarioRequestsTests() => _inputs = _folder.Inputs();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_AFewShotUser_SendsContextHistoryAndWhatMayNotBeRanked()
    {
        Scenario scenario = Scenarios.FewShots(_inputs.Split, EvaluationPart.Test, 3, _inputs.Contexts);
        RecommendRequest request = new ScenarioRequests(scenario, _inputs, "shop/1").Of(0);
        Assert.Equal(("", 50, "shop/1"), (request.UserId, request.Limit, request.Options.ModelVersion));
        Assert.StartsWith("c", request.Context["country"].StringValue, StringComparison.Ordinal);
        Assert.Equal(Ids(_inputs.Split.Test.Support[0][..3]), request.RecentItemIds);
        Assert.Equal(Ids(_inputs.Split.Test.Support[0]), request.ExcludedItemIds.Take(10));
        // What training has not seen is no candidate.
        Assert.Equal(_inputs.Split.Items.Ids.Skip(_inputs.Split.Items.TrainingCount), request.ExcludedItemIds.Skip(10));
        Assert.Empty(request.AllowedItemIds);
    }

    [Fact]
    public void Of_AUserOfColdItems_AllowsThemAlone()
    {
        Scenario scenario = Scenarios.UnseenItems(_inputs.Split, EvaluationPart.Test, _inputs.Contexts);
        RecommendRequest request = new ScenarioRequests(scenario, _inputs, "shop/1").Of(0);
        Assert.Equal(_inputs.Split.Items.Ids.Take(_inputs.Split.Items.ColdTest), request.AllowedItemIds);
        Assert.Equal(Ids(scenario.Users[0].Excluded.Span), request.ExcludedItemIds);
        Assert.Equal(scenario.Candidates.Count, request.Limit);
    }

    [Fact]
    public void Of_ALongHistory_SendsItsLatestPart()
    {
        int[] history = [.. Enumerable.Range(0, 1_500).Select(step => step % 90)];
        var scenario = new Scenario("long", EvaluationPart.Test, new CandidateItems(100, (0, 100)), [new ScenarioUser("u", new RankingInput(history, -1), (int[])[0], (int[])[95])]);
        var requests = new ScenarioRequests(scenario, _inputs, "shop/1");
        Assert.True(requests.IsCut(0));
        Assert.Equal(Ids(history.AsSpan(500)), requests.Of(0).RecentItemIds);
        Assert.Empty(requests.Of(0).Context);
    }

    [Fact]
    public void ItemsOf_AnAnswer_LeavesOutWhatDoesNotCount()
    {
        var scenario = new Scenario("some", EvaluationPart.Test, new CandidateItems(100, (0, 50)), [new ScenarioUser("u", new RankingInput(default, -1), (int[])[7], (int[])[9])]);
        IReadOnlyList<string> ids = _inputs.Split.Items.Ids;
        var answer = new RecommendResponse { Items = { ((string[])[ids[3], "stranger", ids[7], ids[60], ids[9]]).Select(id => new RecommendedItem { ItemId = id }) } };
        Assert.Equal([3, 9], new ScenarioRequests(scenario, _inputs, "shop/1").ItemsOf(0, answer));
    }

    private IEnumerable<string> Ids(ReadOnlySpan<int> items) => items.ToArray().Select(item => _inputs.Split.Items.Ids[item]).ToArray();
}
