using Inference.Training.Models;

namespace Inference.Training.Evaluation;

/// <summary>
/// Ranked lists that were made elsewhere, for example by a running server: of every user of every scenario the best items, in order. What is not in the list is no hit; where
/// no target is in it, the rank of the first counts as that behind all candidates that could have been listed, so MRR is a little lower than that of a full ranking.
/// </summary>
public sealed class RankedLists : RankingModel
{
    private readonly Dictionary<string, int[][]> _lists = new(StringComparer.Ordinal);

    /// <param name="name">As reports call it.</param>
    public RankedLists(string name) => Name = name;

    public override string Name { get; }

    public override bool ScoresColdItems => true;

    /// <summary>Adds the answers to a scenario.</summary>
    /// <param name="scenario">Its name.</param>
    /// <param name="lists">Item indexes by user, in the order of the scenario, best first: candidates that are not excluded, none twice in a list.</param>
    public void Add(string scenario, int[][] lists) => _lists.Add(scenario, lists);

    /// <summary>Scores the items of a list by their place; others get 0.</summary>
    /// <returns>How many items the list has.</returns>
    /// <exception cref="ArgumentException">There is no list for this user of this scenario.</exception>
    internal int Score(Scenario scenario, int user, Span<double> scores)
    {
        if (!_lists.TryGetValue(scenario.Name, out int[][]? lists) || lists.Length != scenario.Users.Count)
            throw new ArgumentException($"'{Name}' was not asked about the users of '{scenario.Name}'.", nameof(scenario));
        scores.Clear();
        int[] list = lists[user];
        for (int place = 0; place < list.Length; place++)
            scores[list[place]] = list.Length - place;
        return list.Length;
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: a list belongs to a user of a scenario.</exception>
    public override void Score(in RankingInput user, Span<double> scores) => throw new NotSupportedException("Lists are of users of scenarios; ask a judge.");
}
