using Grpc.Core;
using Inference.Server.Options;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>Lists page by page, over gRPC.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task Recommend_PageByPage_IsOneLongList()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        RecommendResponse whole = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 1_000 });
        Assert.Equal("", whole.NextPageToken);

        var items = new List<RecommendedItem>();
        string token = "";
        do
        {
            RecommendResponse page = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 7, PageToken = token });
            Assert.Empty(page.Degraded);
            items.AddRange(page.Items);
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(whole.Items.Select(item => (item.ItemId, item.Rank)), items.Select(item => (item.ItemId, item.Rank)));
    }

    [Fact]
    public async Task Recommend_WithAnotherQuestionOrADamagedToken_IsInvalidAndSaysWhatToDo()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        RecommendResponse first = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 3 });
        string token = first.NextPageToken;

        CallFailure other = await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "bob", Limit = 3, PageToken = token }));
        CallFailure damaged = await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = -1, PageToken = token[..^1] }));
        CallFailure similar = await RunningServer.FailAsync(server.Recommendations.SimilarItemsAsync(new SimilarItemsRequest { ItemIds = { "item-1" }, PageToken = token }));
        RecommendResponse changed = await server.Recommendations.RecommendAsync(
            new RecommendRequest { UserId = "ann", Limit = 5, PageToken = token, RequestId = "another", RecentItemIds = { "item-20" }, Options = new() { Explain = true } });

        Assert.Equal((StatusCode.InvalidArgument, "page_token"), (other.Code, Assert.Single(other.Violations).Field));
        Assert.Contains("belongs to another question", other.Violations[0].Description, StringComparison.Ordinal);
        Assert.Equal(["page_token", "limit"], damaged.Violations.Select(violation => violation.Field)); // all at once
        Assert.Contains("send the next_page_token of a response unchanged", damaged.Violations[0].Description, StringComparison.Ordinal);
        Assert.Equal("page_token", Assert.Single(similar.Violations).Field);
        Assert.Equal(5, changed.Items.Count);
    }

    [Fact]
    public async Task Pages_WhileItemsComeAndGo_ShowNothingTwice()
    {
        await using RunningServer server = await RunningServer.StartAsync(change: CatalogueBundle.Of);
        var catalog = new CatalogService.CatalogServiceClient(server.Channel);
        var question = new SimilarItemsRequest { ItemIds = { "item-3" }, Limit = 10 };
        SimilarItemsResponse first = await server.Recommendations.SimilarItemsAsync(question);
        SimilarItemsResponse before = await server.Recommendations.SimilarItemsAsync(new SimilarItemsRequest(question) { PageToken = first.NextPageToken });
        string gone = before.Items[0].ItemId;

        await catalog.UpsertItemsAsync(new UpsertItemsRequest { Items = { CatalogueBundle.New("new", "item-3", "Brand new") } }); // nearer than all
        await catalog.DeleteItemsAsync(new DeleteItemsRequest { ItemIds = { gone, first.Items[0].ItemId } });
        SimilarItemsResponse after = await server.Recommendations.SimilarItemsAsync(new SimilarItemsRequest(question) { PageToken = first.NextPageToken });

        Assert.Equal(["new", .. before.Items.Skip(1).Select(item => item.ItemId).Take(8)], after.Items.Select(item => item.ItemId).Take(9));
        Assert.DoesNotContain(after.Items, item => item.ItemId == gone);
        Assert.Equal(11, after.Items[0].Rank);
    }

    [Fact]
    public async Task Pages_AcrossVersions_StayWithTheFirstWhileItIsLoaded()
    {
        await using VersionedServer server = await VersionedServer.StartAsync("1", published: "2");
        RecommendationService.RecommendationServiceClient client = server.Server.Recommendations;
        RecommendResponse first = await client.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 5 });

        await server.Models.LoadAsync(new LoadRequest { Version = "small/2" });
        await server.Models.ActivateAsync(new ActivateRequest { Version = "small/2" });
        RecommendResponse second = await client.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 5, PageToken = first.NextPageToken });
        RecommendResponse anew = await client.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 5 });
        await server.Models.UnloadAsync(new UnloadRequest { Version = "small/1" });
        await server.UntilAsync("small/1", VersionState.Available);
        RecommendResponse third = await client.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 5, PageToken = second.NextPageToken });
        RecommendResponse fourth = await client.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 5, PageToken = third.NextPageToken });

        Assert.Equal(("small/1", "small/1", "small/2"), (first.ModelVersion, second.ModelVersion, anew.ModelVersion));
        Assert.Empty(second.Degraded);
        Assert.Equal("small/2", third.ModelVersion);
        Assert.Equal(("page_token", DegradationReason.Unavailable), (Assert.Single(third.Degraded).Component, third.Degraded[0].Reason));
        Assert.Empty(fourth.Degraded); // from here on it is the list of the second version
        RecommendedItem[] all = [.. first.Items, .. second.Items, .. third.Items, .. fourth.Items];
        Assert.Equal(20, all.Select(item => item.ItemId).Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 20), all.Select(item => item.Rank));
    }

    [Fact]
    public async Task Pages_UpToTheMostItems_End()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Recommend.PagedItems = 12);
        RecommendResponse first = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 10 });
        RecommendResponse last = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 10, PageToken = first.NextPageToken });

        Assert.Equal((2, ""), (last.Items.Count, last.NextPageToken));

        await using RunningServer without = await RunningServer.StartAsync(options => options.Recommend.PagedItems = 0);
        Assert.Equal("", (await without.Recommendations.RecommendAsync(new RecommendRequest { Limit = 3 })).NextPageToken);
    }

    [Fact]
    public async Task Stream_OfFirstPages_HasNoTokens()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string token = (await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 3 })).NextPageToken;
        using AsyncDuplexStreamingCall<RecommendStreamRequest, RecommendStreamResponse> call = server.Recommendations.RecommendStream();
        await call.RequestStream.WriteAsync(new RecommendStreamRequest { Request = new RecommendRequest { UserId = "ann", Limit = 3 } });
        await call.RequestStream.WriteAsync(new RecommendStreamRequest { Request = new RecommendRequest { UserId = "ann", Limit = 3, PageToken = token } });
        await call.RequestStream.CompleteAsync();

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("", call.ResponseStream.Current.Response.NextPageToken);
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(4, call.ResponseStream.Current.Response.Items[0].Rank);
        Assert.NotEqual("", call.ResponseStream.Current.Response.NextPageToken);
    }

    [Fact]
    public async Task Recommend_WithAByteBudget_KeepsToItOnTheWire()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        RecommendResponse plain = await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 30, RequestId = "r" });
        foreach (int bytes in new[] { 1, 100, 1_000, 3_000, 1 << 20 })
        {
            RecommendResponse reply = await server.Recommendations.RecommendAsync(
                new RecommendRequest { UserId = "ann", Limit = 30, RequestId = "r", Options = new() { Explain = true, ExplanationBytes = bytes } });

            int explained = reply.Items.Count(item => item.Reason is not null);
            Assert.Equal(30 - explained, reply.Report.ExplanationsLeftOut);
            Assert.All(reply.Items.Take(explained), item => Assert.NotEmpty(item.Parts));
            Assert.All(reply.Items.Skip(explained), item => Assert.Empty(item.Parts));
            // Beside the explanations an item grows by its length prefix alone; the number of those left out is always told.
            Assert.InRange(reply.CalculateSize() - plain.CalculateSize(), 0, Math.Max(bytes, 4) + 30 + 8);
            if (bytes == 1 << 20)
                Assert.Equal(30, explained);
        }
    }
}
