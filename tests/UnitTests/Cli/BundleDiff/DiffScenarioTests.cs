using Inference.Cli.BundleDiff;
using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Cli.BundleDiff;

public sealed class DiffScenarioTests
{
    private static readonly Dictionary<string, UserState> Users = Enumerable.Range(0, 40).ToDictionary(
        i => $"u{i}",
        i => new UserState(
            i % 4 == 0 ? new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of($"c{i}") } : FeatureSet.None,
            [.. Enumerable.Range(0, i % 6).Select(item => $"u{i}-item{item}")]));

    [Fact]
    public void Make_CutsRequestsFromHistories()
    {
        IReadOnlyList<DiffScenario> scenarios = DiffScenario.Make(Users, 1_000, 50, seed: 1);

        Assert.Equal(["known users", "session of 1", "session of 3", "session of 5", "context only", "nothing known"], scenarios.Select(scenario => scenario.Name));
        Assert.Equal([true, true, true, true, false, false], scenarios.Select(scenario => scenario.ReachesTower));

        Assert.Equal(Users.Values.Count(user => user.History.Count + user.Features.Count > 0), scenarios[0].Queries.Count);
        Assert.Equal([1, 3, 5], scenarios.Skip(1).Take(3).Select(scenario => Assert.Single(scenario.Queries.Select(query => query.RecentItemIds.Count).Distinct())));
        Assert.All(scenarios[2].Queries, query =>
        {
            string user = query.RecentItemIds[0].Split('-')[0];
            Assert.Equal(Users[user].History.TakeLast(3), query.RecentItemIds);
            Assert.Equal(("", 0, 50), (query.UserId, query.Context.Count, query.Limit));
        });
        Assert.All(scenarios[4].Queries, query => Assert.Equal((1, 0, ""), (query.Context.Count, query.RecentItemIds.Count, query.UserId)));
        Assert.Single(scenarios[5].Queries);
    }

    [Fact]
    public void Make_OfTheSameSeed_AsksTheSame()
    {
        string[] once = Known(3), again = Known(3), other = Known(4);
        Assert.Equal(10, once.Length);
        Assert.Equal(once, again);
        Assert.NotEqual(once, other);

        string[] Known(int seed) => [.. DiffScenario.Make(Users.Reverse().ToDictionary(), 10, 10, seed)[0].Queries.Select(query => query.UserId)];
    }

    [Fact]
    public void Make_OfNobody_AsksOfNobody() => Assert.Equal("nothing known", Assert.Single(DiffScenario.Make(new Dictionary<string, UserState>(), 10, 10, 1)).Name);

    [Fact]
    public void Without_KeepsTheRequest()
    {
        var query = new RecommendQuery { UserId = "u", Context = new Dictionary<string, FeatureValue> { ["a"] = FeatureValue.Of(1L) }, RecentItemIds = ["x"], Limit = 7 };
        RecommendQuery without = DiffScenario.Without(query, ["y"]);
        Assert.Equal(("u", 7), (without.UserId, without.Limit));
        Assert.Same(query.Context, without.Context);
        Assert.Equal(["x"], without.RecentItemIds);
        Assert.Equal(["y"], without.ExcludedItemIds);
    }
}
