using Grpc.Core;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

[Collection(nameof(SharedServer))]
public class BadRequestTests(SharedServer shared)
{
    private readonly RecommendationService.RecommendationServiceClient _client = shared.Server.Recommendations;

    public static TheoryData<string, RecommendRequest> Violations => new()
    {
        { "user_id", new() { UserId = new string('u', 257) } },
        { "request_id", new() { RequestId = new string('r', 129) } },
        { "limit", new() { Limit = -1 } },
        { "filter", new() { Filter = "prise < 5" } },
        { "context[country]", new() { Context = { ["country"] = new() { FloatValue = 1 } } } },
        { "context[x]", new() { Context = { ["x"] = new() { FloatValue = double.NaN } } } },
        { "context[x]", new() { Context = { ["x"] = new() { FloatList = new() { Values = { double.PositiveInfinity } } } } } },
        { "context[x]", new() { Context = { ["x"] = new() } } },
        { "recent_item_ids", new() { RecentItemIds = { Enumerable.Repeat("i", 1_001) } } },
        { "recent_item_ids[0]", new() { RecentItemIds = { new string('i', 257) } } },
        { "excluded_item_ids", new() { ExcludedItemIds = { Enumerable.Repeat("i", 10_001) } } },
        { "allowed_item_ids", new() { AllowedItemIds = { Enumerable.Repeat("i", 10_001) } } },
        { "options.retrievers[0]", new() { Options = new() { Retrievers = { "psychic" } } } },
        { "options.diversity.strength", new() { Options = new() { Diversity = new() { Strength = 1.1 } } } },
        { "options.exploration.policy", new() { Options = new() { Exploration = new() { Policy = (ExplorationPolicy)7 } } } },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Recommend_WithOneViolation_NamesItsField(string field, RecommendRequest request)
    {
        CallFailure failure = await RunningServer.FailAsync(_client.RecommendAsync(request));

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_REQUEST", "recsys"), (failure.Code, failure.Reason, failure.Domain));
        Assert.Equal(field, Assert.Single(failure.Violations).Field);
        Assert.StartsWith(field, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_WithSeveralViolations_NamesAll()
    {
        CallFailure failure = await RunningServer.FailAsync(_client.RecommendAsync(new RecommendRequest { Limit = -5, Filter = "x", UserId = new string('ü', 200) }));

        Assert.Equal(["filter", "limit", "user_id"], failure.Violations.Select(violation => violation.Field).Order());
    }

    [Fact]
    public async Task EveryOtherMethod_WithABadRequest_NamesTheField()
    {
        Assert.Equal("item_ids", Assert.Single((await RunningServer.FailAsync(_client.SimilarItemsAsync(new SimilarItemsRequest()))).Violations).Field);
        Assert.Equal("users", Assert.Single((await RunningServer.FailAsync(_client.EmbedUsersAsync(new() { Users = { Enumerable.Repeat(new UserInput(), 1_025) } }))).Violations).Field);
        Assert.Equal("items[0]", Assert.Single((await RunningServer.FailAsync(_client.EmbedItemsAsync(new() { Items = { new ItemInput() } }))).Violations).Field);
    }

    [Fact]
    public async Task Call_OfTenMegabytes_IsRefusedAndTheServerGoesOn()
    {
        var request = new RecommendRequest { Filter = new string('x', 10 << 20) };

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await _client.RecommendAsync(request));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal(10, (await _client.RecommendAsync(new RecommendRequest())).Items.Count);
    }

    [Fact]
    public async Task ModelService_WithoutAVersion_SaysWhatItShouldBe()
    {
        var models = new ModelService.ModelServiceClient(shared.Server.Channel);
        CallFailure[] failures =
        [
            await RunningServer.FailAsync(models.LoadAsync(new())),
            await RunningServer.FailAsync(models.ActivateAsync(new())),
            await RunningServer.FailAsync(models.UnloadAsync(new())),
        ];

        Assert.All(failures, failure => Assert.Equal((StatusCode.InvalidArgument, "version"), (failure.Code, Assert.Single(failure.Violations).Field)));
        Assert.Equal("share", Assert.Single((await RunningServer.FailAsync(models.SplitTrafficAsync(new() { Share = double.NaN }))).Violations).Field);
    }

    [Fact]
    public async Task ModelService_TellsWhatIsServed()
    {
        var models = new ModelService.ModelServiceClient(shared.Server.Channel);

        ModelVersion active = (await models.StatusAsync(new())).Active;
        Assert.Equal(("small/1", VersionState.Active, 8, "ip", 40L, 2), (active.Version, active.State, active.Dimension, active.Metric, active.Items, active.Profiles));
        Assert.Equal(("exact", 40L, 0, 1.0, 0.99, 10), (active.Index.Kind, active.Index.Rows, active.Index.Width, active.Index.Recall, active.Index.TargetRecall, active.Index.Wanted));
        Assert.True(active.Index.Bytes > 40 * 8 * sizeof(float));
        Assert.True(active.Index.Latency.ToTimeSpan() > TimeSpan.Zero);
        Assert.True(active.LoadedAt.ToDateTimeOffset() > new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(active, Assert.Single((await models.ListVersionsAsync(new())).Versions));
    }

    [Fact]
    public async Task Call_WithADeadlineThatHasPassed_EndsWithIt()
    {
        RpcException late = await Assert.ThrowsAsync<RpcException>(async () =>
            await _client.RecommendAsync(new RecommendRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddTicks(1)));

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
    }
}
