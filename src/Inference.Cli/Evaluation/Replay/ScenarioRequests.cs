using Inference.Cli.Client;
using Inference.Training.Evaluation;
using Recsys.V1;
using Plain = Inference.Recommendations.Features;

namespace Inference.Cli.Evaluation.Replay;

/// <summary>
/// The users of a scenario as requests to a server: anonymous, with the user's features as context and the history as recent items, so that nothing stored takes part.
/// <list type="bullet">
/// <item>What may not be ranked for the user is excluded. What is no candidate of the scenario is excluded, too, or the candidates alone are allowed: whichever list is shorter and within the contract's limits.</item>
/// <item>Where neither list is, the longest slate is asked for and what does not count is taken out of it afterwards.</item>
/// <item>Of histories longer than the contract allows the latest part is sent.</item>
/// </list>
/// </summary>
internal sealed class ScenarioRequests
{
    /// <summary>The contract's limits (protos/recsys/v1/recommendation.proto): recent items; ids in a list of what may or may not be returned; items of a slate.</summary>
    private const int MostRecent = 1_000, MostListed = 10_000, LongestSlate = 1_000;

    /// <summary>What the metrics read.</summary>
    private const int Wanted = 50;

    private readonly Scenario _scenario;
    private readonly EvaluationInputs _inputs;
    private readonly string _version;
    private readonly string[] _allowed = [];
    private readonly string[] _excluded = [];
    private readonly int _limit = Wanted;

    /// <param name="scenario">Its users.</param>
    /// <param name="inputs">The data that it is made of.</param>
    /// <param name="version">The version of the model that must answer.</param>
    public ScenarioRequests(Scenario scenario, EvaluationInputs inputs, string version)
    {
        (_scenario, _inputs, _version) = (scenario, inputs, version);
        IReadOnlyList<string> ids = inputs.Split.Items.Ids;
        int others = ids.Count - scenario.Candidates.Count;
        int mostOfUser = scenario.Users.Max(user => user.Excluded.Length);
        bool mayAllow = scenario.Candidates.Count <= MostListed;
        bool mayExclude = others + mostOfUser <= MostListed;
        if (mayExclude && (!mayAllow || others <= scenario.Candidates.Count))
            _excluded = [.. Enumerable.Range(0, ids.Count).Where(item => !scenario.Candidates.Contains(item)).Select(item => ids[item])];
        else if (mayAllow)
            _allowed = [.. Enumerable.Range(0, ids.Count).Where(scenario.Candidates.Contains).Select(item => ids[item])];
        if (mostOfUser > MostListed || !(mayAllow || mayExclude))
            _limit = LongestSlate;
    }

    /// <summary>Whether the history of a user is longer than a request may have.</summary>
    public bool IsCut(int user) => _scenario.Users[user].Input.History.Length > MostRecent;

    /// <summary>The request of a user.</summary>
    public RecommendRequest Of(int user)
    {
        ScenarioUser asked = _scenario.Users[user];
        // A slate as long as there are candidates, or a server would rightly say that there are too few.
        int eligible = _scenario.Candidates.Count;
        foreach (int item in asked.Excluded.Span)
            eligible -= _scenario.Candidates.Contains(item) ? 1 : 0;
        var request = new RecommendRequest { Limit = Math.Clamp(eligible, 1, _limit), Options = new RecommendOptions { ModelVersion = _version } };
        if (asked.Input.User >= 0)
        {
            foreach ((string name, Plain.FeatureValue value) in _inputs.Features.UserFeatures(_inputs.Contexts.UserIds[asked.Input.User]))
                request.Context.Add(name, WireFeature.Of(value));
        }

        IReadOnlyList<string> ids = _inputs.Split.Items.Ids;
        foreach (int item in Latest(asked.Input.History, MostRecent).Span)
            request.RecentItemIds.Add(ids[item]);
        foreach (int item in Latest(asked.Excluded, MostListed).Span)
            request.ExcludedItemIds.Add(ids[item]);
        request.ExcludedItemIds.Add(_excluded);
        request.AllowedItemIds.Add(_allowed);
        return request;
    }

    /// <summary>The item indexes of an answer that count, best first.</summary>
    public int[] ItemsOf(int user, RecommendResponse answer)
    {
        ReadOnlyMemory<int> excluded = _scenario.Users[user].Excluded;
        var items = new List<int>(answer.Items.Count);
        foreach (RecommendedItem item in answer.Items)
        {
            if (_inputs.Split.Items.TryFind(item.ItemId, out int index) && _scenario.Candidates.Contains(index) && !excluded.Span.Contains(index))
                items.Add(index);
        }

        return [.. items.Take(Wanted)];
    }

    private static ReadOnlyMemory<int> Latest(ReadOnlyMemory<int> items, int most) => items.Length <= most ? items : items[^most..];
}
