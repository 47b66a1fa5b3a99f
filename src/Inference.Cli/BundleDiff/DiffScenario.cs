using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;

namespace Inference.Cli.BundleDiff;

/// <summary>Requests of one kind: as much is known of each user.</summary>
/// <param name="Name">What is known.</param>
/// <param name="ReachesTower">Whether the user tower answers; otherwise the lower rungs of the ladder do.</param>
/// <param name="Queries">The requests.</param>
internal sealed record DiffScenario(string Name, bool ReachesTower, IReadOnlyList<RecommendQuery> Queries)
{
    private static readonly int[] SessionLengths = [1, 3, 5];

    /// <summary>
    /// Makes requests of stored users: as they are known; of sessions that hold the latest items of their histories; of their features alone; and one of nobody. The same seed takes the same users
    /// wherever their file comes from.
    /// </summary>
    /// <param name="users">Users by id.</param>
    /// <param name="most">Most requests of a scenario.</param>
    /// <param name="limit">Items to ask for.</param>
    /// <param name="seed">Chooses the users.</param>
    /// <returns>Scenarios that have requests.</returns>
    public static IReadOnlyList<DiffScenario> Make(IReadOnlyDictionary<string, UserState> users, int most, int limit, int seed)
    {
        string[] ids = [.. users.Keys];
        Array.Sort(ids, StringComparer.Ordinal);
        new Random(seed).Shuffle(ids);
        var scenarios = new List<DiffScenario>
        {
            Of("known users", true, user => user.History.Count > 0 || user.Features.Count > 0, (id, _) => new RecommendQuery { UserId = id, Limit = limit }),
        };
        foreach (int length in SessionLengths)
        {
            scenarios.Add(Of(
                FormattableString.Invariant($"session of {length}"),
                true,
                user => user.History.Count >= length,
                (_, user) => new RecommendQuery { RecentItemIds = [.. user.History.TakeLast(length)], Limit = limit }));
        }

        scenarios.Add(Of("context only", false, user => user.Features.Count > 0, (_, user) => new RecommendQuery { Context = user.Features, Limit = limit }));
        scenarios.Add(new DiffScenario("nothing known", false, [new RecommendQuery { Limit = limit }]));
        return [.. scenarios.Where(scenario => scenario.Queries.Count > 0)];

        DiffScenario Of(string name, bool reachesTower, Func<UserState, bool> fits, Func<string, UserState, RecommendQuery> ask) =>
            new(name, reachesTower, [.. ids.Where(id => fits(users[id])).Take(most).Select(id => ask(id, users[id]))]);
    }

    /// <summary>The same request, but some items must not be shown.</summary>
    public static RecommendQuery Without(RecommendQuery query, IReadOnlyList<string> items) => new()
    {
        UserId = query.UserId,
        Context = query.Context,
        RecentItemIds = query.RecentItemIds,
        ExcludedItemIds = items,
        Limit = query.Limit,
    };
}
