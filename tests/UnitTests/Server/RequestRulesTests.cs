using Google.Rpc;
using Grpc.Core;
using Inference.Recommendations.Snapshots;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Recsys.V1;
using UnitTests.Recommendations;
using Xunit;

namespace UnitTests.Server;

public class RequestRulesTests
{
    private readonly Snapshot _snapshot = new World().Snapshot;

    [Fact]
    public void Check_OfAnEmptyRequest_FindsNothing() => Assert.Null(RequestRules.Check(new RecommendRequest(), _snapshot));

    [Fact]
    public void Check_OfAFullRequestAtItsLimits_FindsNothing()
    {
        var request = new RecommendRequest
        {
            UserId = new string('ü', 128),
            RequestId = new string('r', 128),
            Limit = int.MaxValue,
            Context = { ["country"] = new() { StringValue = "DE" }, ["unknown"] = new() { FloatValue = 1 } },
            RecentItemIds = { Enumerable.Repeat(new string('i', 256), 1_000) },
            ExcludedItemIds = { Enumerable.Repeat("i", 10_000) },
            AllowedItemIds = { Enumerable.Repeat("i", 10_000) },
            Options = new() { Retrievers = { "towers", "cluster_profile", "popularity" }, Diversity = new(), Exploration = new() { Policy = ExplorationPolicy.Off } },
        };

        Assert.Null(RequestRules.Check(request, _snapshot));
    }

    [Fact]
    public void Check_WithEveryViolation_ReportsAllAtOnce()
    {
        var request = new RecommendRequest
        {
            UserId = new string('ü', 129),
            RequestId = new string('r', 129),
            Limit = -1,
            Filter = "colour = 'red'",
            Context =
            {
                ["country"] = new() { IntList = new() { Values = { 1 } } },
                ["empty"] = new(),
                ["nan"] = new() { FloatValue = double.NaN },
                ["infinities"] = new() { FloatList = new() { Values = { 1, double.NegativeInfinity } } },
            },
            RecentItemIds = { Enumerable.Repeat("i", 1_001) },
            ExcludedItemIds = { "fine", new string('i', 257) },
            AllowedItemIds = { Enumerable.Repeat("i", 10_001) },
            Options = new() { Retrievers = { "towers", "psychic" }, Diversity = new() { Strength = 1.5 }, Exploration = new() { Policy = (ExplorationPolicy)9 } },
        };

        Failure? failure = RequestRules.Check(request, _snapshot);

        Assert.Equal(StatusCode.InvalidArgument, failure!.Code);
        Assert.Equal(
            [
                "allowed_item_ids", "context[country]", "context[empty]", "context[infinities]", "context[nan]", "excluded_item_ids[1]", "filter", "limit",
                "options.diversity.strength", "options.exploration.policy", "options.retrievers[1]", "recent_item_ids", "request_id", "user_id",
            ],
            failure.Violations.Select(violation => violation.Field).Order(StringComparer.Ordinal));
        Assert.Contains("the model takes Text", Of(failure, "context[country]"), StringComparison.Ordinal);
        Assert.Contains("258", Of(failure, "user_id"), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_WithNaNAsStrength_Refuses() =>
        Assert.NotNull(RequestRules.Check(new RecommendRequest { Options = new() { Diversity = new() { Strength = double.NaN } } }, _snapshot));

    [Fact]
    public void Check_WithThousandsOfViolations_TellsTheFirstAndCountsTheRest()
    {
        var request = new RecommendRequest { ExcludedItemIds = { Enumerable.Repeat(new string('i', 300), 10_000) } };

        Failure? failure = RequestRules.Check(request, _snapshot);

        Assert.Equal(32, failure!.Violations.Count);
        Assert.Contains("and 9999 more", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.ToRpcStatus().CalculateSize() < 8_000, "Details travel in a header, which must stay small.");
    }

    [Fact]
    public void Check_OfSimilarItemsWithoutItems_Refuses()
    {
        Assert.Equal("item_ids", Assert.Single(RequestRules.Check(new SimilarItemsRequest(), _snapshot)!.Violations).Field);
        Assert.Equal("item_ids", Assert.Single(RequestRules.Check(new SimilarItemsRequest { ItemIds = { Enumerable.Repeat("i", 101) } }, _snapshot)!.Violations).Field);
        Assert.Null(RequestRules.Check(new SimilarItemsRequest { ItemIds = { "i1" } }, _snapshot));
    }

    [Fact]
    public void Check_OfUsersToEmbed_NamesTheUserWhoBreaksARule()
    {
        var request = new EmbedUsersRequest { Users = { new UserInput(), new UserInput { UserId = new string('u', 257), Context = { ["x"] = new() { FloatValue = double.NaN } } } } };

        Assert.Equal(["users[1].user_id", "users[1].context[x]"], RequestRules.Check(request, _snapshot)!.Violations.Select(violation => violation.Field));
        Assert.Equal("users", Assert.Single(RequestRules.Check(new EmbedUsersRequest { Users = { Enumerable.Repeat(new UserInput(), 1_025) } }, _snapshot)!.Violations).Field);
    }

    [Fact]
    public void Check_OfItemsToEmbed_RefusesAnItemThatIsNothing()
    {
        Assert.Equal("items[1]", Assert.Single(RequestRules.Check(new EmbedItemsRequest { Items = { new ItemInput { ItemId = "i1" }, new ItemInput() } }, _snapshot)!.Violations).Field);
        Assert.Equal("items", Assert.Single(RequestRules.Check(new EmbedItemsRequest { Items = { Enumerable.Repeat(new ItemInput { ItemId = "i" }, 1_025) } }, _snapshot)!.Violations).Field);
    }

    private static string Of(Failure failure, string field) => failure.Violations.Single((BadRequest.Types.FieldViolation violation) => violation.Field == field).Description;
}
