using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>What chance decides, over gRPC: policies, propensities, and the way of a new item from its first impression to the end of its time.</summary>
public sealed class ExplorationTests : IAsyncLifetime
{
    private const int Floor = 3;
    private RunningServer _server = null!;
    private CatalogService.CatalogServiceClient _catalog = null!;
    private EventService.EventServiceClient _events = null!;
    private StateService.StateServiceClient _state = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync(
            options =>
            {
                options.NewItems.ExposureFloor = Floor - 0.5; // impressions fade
                options.NewItems.FromBundle = options.NewItems.Compete = false;
            },
            CatalogueBundle.Of);
        _catalog = new CatalogService.CatalogServiceClient(_server.Channel);
        _events = new EventService.EventServiceClient(_server.Channel);
        _state = new StateService.StateServiceClient(_server.Channel);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(ExplorationPolicy.EpsilonGreedy)]
    [InlineData(ExplorationPolicy.Softmax)]
    [InlineData(ExplorationPolicy.Thompson)]
    public async Task Recommend_WithAPolicy_ExploresOneSlot_AndCanBeRepeated(ExplorationPolicy policy)
    {
        RecommendRequest request = Request(policy);
        // From now on the user's embedding is the cached one, which is rounded.
        await _server.Recommendations.RecommendAsync(request);
        RecommendResponse plain = await _server.Recommendations.RecommendAsync(Request(ExplorationPolicy.Off));

        RecommendResponse once = await _server.Recommendations.RecommendAsync(request), again = await _server.Recommendations.RecommendAsync(request);

        Assert.Equal(policy, once.Policy);
        Assert.Equal(once.Items, again.Items);
        Assert.Equal(plain.Items.Take(9), once.Items.Take(9));
        Assert.Equal(SlotType.Explore, once.Items[9].SlotType);
        Assert.InRange(once.Items[9].Propensity, double.Epsilon, 1);
        Assert.Equal(ExplorationPolicy.Off, plain.Policy);
        Assert.All(plain.Items, item => Assert.Equal(1, item.Propensity));
    }

    [Fact]
    public async Task Recommend_WithASlotForNewItems_ShowsThemUntilTheyHadTheirExposure()
    {
        // Like what suits the user least: by score it would not be shown.
        RecommendResponse all = await _server.Recommendations.RecommendAsync(new() { UserId = "ann", Limit = 1000 });
        await _catalog.UpsertItemsAsync(new() { Items = { CatalogueBundle.New("fresh", all.Items[^1].ItemId) } });
        Assert.Equal((1, 1), await PoolAsync(count: 1));

        for (int shown = 0; shown < Floor; shown++)
        {
            RecommendResponse reply = await _server.Recommendations.RecommendAsync(Request(ExplorationPolicy.Off, newItems: 1));
            Assert.Equal(("fresh", SlotType.NewItem, 1.0), (reply.Items[9].ItemId, reply.Items[9].SlotType, reply.Items[9].Propensity));
            await _events.RecordEventsAsync(new()
            {
                Events = { new Event { UserId = $"visitor {shown}", ItemId = "fresh", Type = EventType.Skip, RequestId = reply.RequestId, Slot = 10 } },
            });
        }

        Assert.Equal((0, 0), await PoolAsync(count: 0));
        RecommendResponse after = await _server.Recommendations.RecommendAsync(Request(ExplorationPolicy.Off, newItems: 1));
        Assert.DoesNotContain(after.Items, item => item.SlotType == SlotType.NewItem);
        Assert.Equal(10, after.Items.Count);
    }

    private static RecommendRequest Request(ExplorationPolicy policy, int newItems = 0) => new()
    {
        UserId = "ann",
        RequestId = "the same each time",
        Limit = 10,
        Options = new() { Exploration = new() { Policy = policy, NewItemSlots = newItems } },
    };

    /// <summary>Waits until the pool has as many items; it is counted about once a second.</summary>
    private async Task<(long Count, long Unshown)> PoolAsync(long count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            NewItemState news = (await _state.GetStateAsync(new(), cancellationToken: patience.Token)).NewItems;
            if (news.Count == count)
                return (news.Count, news.Unshown);
            await Task.Delay(50, patience.Token);
        }
    }
}
