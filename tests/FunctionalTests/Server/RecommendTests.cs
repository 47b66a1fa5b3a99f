using Grpc.Core;
using Inference.Vectors;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

[Collection(nameof(SharedServer))]
public class RecommendTests(SharedServer shared)
{
    private readonly RecommendationService.RecommendationServiceClient _client = shared.Server.Recommendations;

    [Fact]
    public async Task Recommend_ForAKnownUser_GivesWhatTheTowersSay()
    {
        RecommendResponse reply = await _client.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 5 });

        // Ann is from Spain (id 2 of the vocabulary) and touched items 1 and 2.
        Assert.Equal(RunningServer.World.Top(5, RunningServer.World.Embed(2, 1, 2), 1, 2), reply.Items.Select(item => item.ItemId));
        Assert.True(reply.ServedBy is Rung.UserTower or Rung.CachedEmbedding, $"served by {reply.ServedBy}; another test may have asked before");
        Assert.Empty(reply.Degraded);
        Assert.Equal("small/1", reply.ModelVersion);
        Assert.NotEmpty(reply.EmbeddingSpaceId);
        Assert.Equal([1, 2, 3, 4, 5], reply.Items.Select(item => item.Rank));
        Assert.All(reply.Items, item => Assert.Equal(("towers", 1.0), (item.Source, item.Propensity)));
        Assert.All(reply.Items, item => Assert.Null(item.Reason));
        Assert.Equal(reply.Items.Select(item => item.Score).OrderDescending(), reply.Items.Select(item => item.Score));
    }

    [Fact]
    public async Task Recommend_ForASession_ClimbsToTheSessionRung()
    {
        RecommendResponse reply = await _client.RecommendAsync(new RecommendRequest { UserId = "nobody", RecentItemIds = { "item-4", "never-seen" }, Limit = 3 });

        Assert.Equal(RunningServer.World.Top(3, RunningServer.World.Embed(0, 4), 4), reply.Items.Select(item => item.ItemId));
        Assert.Equal(Rung.Session, reply.ServedBy);
        Degradation degradation = Assert.Single(reply.Degraded);
        Assert.Equal(("recent_item_ids", DegradationReason.UnknownItems), (degradation.Component, degradation.Reason));
    }

    [Fact]
    public async Task Recommend_ForAStrangerWithContext_GivesTheProfileThatFits()
    {
        RecommendResponse reply = await _client.RecommendAsync(
            new RecommendRequest { Context = { ["country"] = new() { StringValue = "France" } }, Limit = 2, Options = new() { Explain = true } });

        Assert.Equal(Rung.ClusterProfile, reply.ServedBy);
        Assert.Equal(["item-30", "item-31"], reply.Items.Select(item => item.ItemId));
        Assert.All(reply.Items, item => Assert.Equal((ReasonKind.Profile, "cheap things"), (item.Reason.Kind, item.Reason.Profile)));
    }

    [Fact]
    public async Task Recommend_ForAStranger_GivesWhatIsPopular()
    {
        RecommendResponse reply = await _client.RecommendAsync(new RecommendRequest());

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(Enumerable.Range(0, 10).Select(SmallWorld.IdOf), reply.Items.Select(item => item.ItemId));
        Assert.Matches("^[A-Za-z0-9_-]{22}$", reply.RequestId);
    }

    [Fact]
    public async Task Recommend_WithARequestId_EchoesIt() =>
        Assert.Equal("mine", (await _client.RecommendAsync(new RecommendRequest { RequestId = "mine" })).RequestId);

    [Fact]
    public async Task Recommend_WithExcludedAndAllowedItems_ObeysBoth()
    {
        RecommendResponse reply = await _client.RecommendAsync(new RecommendRequest
        {
            UserId = "ann",
            Limit = 4,
            AllowedItemIds = { "item-1", "item-5", "item-6", "item-7" },
            ExcludedItemIds = { "item-6" },
        });

        Assert.Equal(["item-5", "item-7"], reply.Items.Select(item => item.ItemId).Order());
        Assert.Contains(reply.Degraded, degradation => degradation.Reason == DegradationReason.TooFewCandidates);
    }

    [Fact]
    public async Task Recommend_WithALimitOfAMillion_CapsIt() =>
        Assert.Equal(RunningServer.World.ItemCount, (await _client.RecommendAsync(new RecommendRequest { Limit = 1_000_000 })).Items.Count);

    [Fact]
    public async Task Recommend_WithThePinnedVersion_ServesIt()
    {
        Assert.Equal("small/1", (await _client.RecommendAsync(new RecommendRequest { Options = new() { ModelVersion = "small/1" } })).ModelVersion);

        CallFailure failure = await RunningServer.FailAsync(_client.RecommendAsync(new RecommendRequest { Options = new() { ModelVersion = "small/2" } }));
        Assert.Equal((StatusCode.FailedPrecondition, "MODEL_VERSION_NOT_LOADED"), (failure.Code, failure.Reason));
    }

    [Fact]
    public async Task SimilarItems_OfKnownItems_GivesTheirNeighbours()
    {
        SimilarItemsResponse reply = await _client.SimilarItemsAsync(new SimilarItemsRequest { ItemIds = { "item-3" }, Limit = 4, Options = new() { Explain = true } });

        Assert.Equal(RunningServer.World.Top(4, RunningServer.World.ItemVector(3), 3), reply.Items.Select(item => item.ItemId));
        Assert.Equal(Rung.ItemEmbedding, reply.ServedBy);
        Assert.All(reply.Items, item => Assert.Equal("item-3", item.Reason.BecauseOfItemId));
    }

    [Fact]
    public async Task SimilarItems_OfUnknownItems_GivesPopularOnesAndSaysSo()
    {
        SimilarItemsResponse reply = await _client.SimilarItemsAsync(new SimilarItemsRequest { ItemIds = { "never-seen" }, Limit = 2 });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(["item-0", "item-1"], reply.Items.Select(item => item.ItemId));
        Assert.Equal(DegradationReason.UnknownItems, Assert.Single(reply.Degraded).Reason);
    }

    [Fact]
    public async Task EmbedUsers_OfSeveral_GivesTheTowersNumbersInOrder()
    {
        EmbedUsersResponse reply = await _client.EmbedUsersAsync(new EmbedUsersRequest
        {
            Users = { new UserInput { UserId = "ann" }, new UserInput { Context = { ["country"] = new() { StringValue = "Italy" } }, RecentItemIds = { "item-9" } } },
        });

        Assert.Equal(2, reply.Embeddings.Count);
        AssertClose(RunningServer.World.Embed(2, 1, 2), reply.Embeddings[0]);
        AssertClose(RunningServer.World.Embed(3, 9), reply.Embeddings[1]);
        Assert.Equal("small/1", reply.ModelVersion);
    }

    [Fact]
    public async Task EmbedItems_KnownAndUnknown_GivesVectorsOrSaysWhichAreUnknown()
    {
        EmbedItemsResponse reply = await _client.EmbedItemsAsync(new EmbedItemsRequest { Items = { new ItemInput { ItemId = "item-8" } } });
        AssertClose(RunningServer.World.ItemVector(8), Assert.Single(reply.Embeddings));

        CallFailure failure = await RunningServer.FailAsync(
            _client.EmbedItemsAsync(new EmbedItemsRequest { Items = { new ItemInput { ItemId = "item-8" }, new ItemInput { ItemId = "secret-item" } } }));
        Assert.Equal((StatusCode.NotFound, "UNKNOWN_ITEMS"), (failure.Code, failure.Reason));
        Assert.Contains("items[1]", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-item", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_FromManyClientsAtOnce_GivesEachItsOwnAnswer()
    {
        string[][] expected = [.. Enumerable.Range(0, 40).Select(row => RunningServer.World.Top(5, RunningServer.World.Embed(0, row), row))];

        RecommendResponse[] replies = await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
            await _client.RecommendAsync(new RecommendRequest { RecentItemIds = { SmallWorld.IdOf(i % 40) }, Limit = 5, RequestId = $"r{i}" })));

        for (int i = 0; i < replies.Length; i++)
        {
            Assert.Equal($"r{i}", replies[i].RequestId);
            Assert.Equal(expected[i % 40], replies[i].Items.Select(item => item.ItemId));
        }
    }

    private static void AssertClose(float[] expected, Embedding actual)
    {
        Assert.Equal(expected.Length, actual.Values.Count);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual.Values[i], 1e-5f);
    }
}
