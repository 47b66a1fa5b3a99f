using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class SlateTests
{
    private readonly World _world = new();

    [Fact]
    public async Task Recommend_WithMoreThanTheRungHas_FillsUpWithPopularity()
    {
        RecommendReply reply = await Ask(new RecommendQuery { Context = Country("DE"), Limit = World.Items });

        Assert.Equal(Rung.ClusterProfile, reply.ServedBy);
        Assert.Equal(World.Items, reply.Items.Select(item => item.ItemId).Distinct().Count());
    }

    [Fact]
    public async Task Recommend_WithLimitAboveCatalogue_ReturnsAllAndSaysSo()
    {
        RecommendReply reply = await Ask(new RecommendQuery { UserId = "anna", Limit = 1000 });

        Assert.Equal(World.Items - 2, reply.Items.Count); // two were seen
        Assert.Contains(reply.Degraded, label => label is { Component: Components.Candidates, Reason: DegradationReason.TooFewCandidates });
    }

    [Fact]
    public async Task Recommend_WithExcludedItems_NeverReturnsThem()
    {
        RecommendReply reply = await Ask(new RecommendQuery { UserId = "anna", ExcludedItemIds = ["i7", "no such item"], Limit = 1000 });

        Assert.DoesNotContain(reply.Items, item => item.ItemId == "i7");
    }

    [Theory]
    [InlineData("anna")]
    [InlineData("nobody")]
    public async Task Recommend_WithAllowedItems_ReturnsOnlyThem(string user)
    {
        RecommendReply reply = await Ask(new RecommendQuery { UserId = user, AllowedItemIds = ["i3", "i9", "unknown"], Limit = 5 });

        Assert.Equal(["i3", "i9"], reply.Items.Select(item => item.ItemId).Order());
        Assert.Contains(reply.Degraded, label => label is { Component: Components.AllowedItemIds, Reason: DegradationReason.UnknownItems });
    }

    [Fact]
    public async Task Recommend_WithIncludeSeen_MayRepeatTheHistory()
    {
        RecommendReply reply = await Ask(new RecommendQuery { UserId = "anna", IncludeSeen = true, Limit = 2 });

        Assert.Equal(["i1", "i4"], reply.Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task Recommend_WhenEverythingWasSeen_ShowsSeenItemsAgain()
    {
        RecommendReply reply = await Ask(new RecommendQuery { UserId = "all", ExcludedItemIds = ["i0"], Limit = 3 });

        Assert.Equal(["i1", "i2", "i3"], reply.Items.Select(item => item.ItemId));
        Assert.Contains(reply.Degraded, label => label.Detail.Contains("seen", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Recommend_WithUnknownItemsAndFeatures_CountsThemWithoutNamingIds()
    {
        var context = new Dictionary<string, FeatureValue> { ["moon"] = FeatureValue.Of("full") };

        RecommendReply reply = await Ask(new RecommendQuery { Context = context, RecentItemIds = ["i1", "secret"], Limit = 1 });

        Assert.Equal(Rung.Session, reply.ServedBy);
        Assert.Contains(reply.Degraded, label => label is { Component: Components.RecentItemIds, Reason: DegradationReason.UnknownItems } && label.Detail.StartsWith("1 of 2", StringComparison.Ordinal));
        Assert.Contains(reply.Degraded, label => label is { Component: Components.Context, Reason: DegradationReason.UnknownFeatures } && label.Detail.Contains("moon", StringComparison.Ordinal));
        Assert.DoesNotContain(reply.Degraded, label => label.Detail.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Recommend_WithExplain_NamesTheNearestHistoryItem()
    {
        RecommendReply reply = await Ask(new RecommendQuery { UserId = "anna", RecentItemIds = ["i2"], Explain = true, Limit = World.Items });

        RecommendedItem onAxisOne = reply.Items.Single(item => item.ItemId == "i7");
        Assert.Equal(ReasonKind.History, onAxisOne.Reason!.Kind);
        Assert.Equal("i4", onAxisOne.Reason.BecauseOfItemId); // i1 is longer and points the same way: of equals the latest is named
        Assert.Contains("Item 4", onAxisOne.Reason.Text, StringComparison.Ordinal);
        Assert.Equal("i2", reply.Items.Single(item => item.ItemId == "i11").Reason!.BecauseOfItemId);
    }

    [Fact]
    public async Task Recommend_WithExplain_NamesTheProfile()
    {
        RecommendReply reply = await Ask(new RecommendQuery { Context = Country("FR"), Explain = true, Limit = 1 });

        Assert.Equal(ReasonKind.Profile, reply.Items[0].Reason!.Kind);
        Assert.Equal("axis two", reply.Items[0].Reason!.Profile);
    }

    [Fact]
    public void Similar_ToKnownItem_ReturnsNeighboursWithoutIt()
    {
        RecommendReply reply = _world.Pipeline.Similar(_world.Snapshot, new SimilarItemsQuery { ItemIds = ["i4", "nope"], Limit = 3, Explain = true });

        Assert.Equal(Rung.ItemEmbedding, reply.ServedBy);
        Assert.Equal(["i1", "i7", "i10"], reply.Items.Select(item => item.ItemId));
        Assert.Equal(ReasonKind.SimilarItem, reply.Items[0].Reason!.Kind);
        Assert.Contains(reply.Degraded, label => label.Component == Components.ItemIds);
    }

    [Fact]
    public void Similar_ToUnknownItems_ReturnsPopularOnes()
    {
        RecommendReply reply = _world.Pipeline.Similar(_world.Snapshot, new SimilarItemsQuery { ItemIds = ["nope"], Limit = 2 });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(["i0", "i1"], reply.Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task EmbedUsers_MixesStoredAndSentHistory()
    {
        float[] embeddings = await _world.Embeddings.EmbedUsersAsync(
            _world.Snapshot, [new UserQuery("anna", FeatureSet.None, []), new UserQuery("", FeatureSet.None, ["i3"])], DateTimeOffset.MaxValue, CancellationToken.None);

        Assert.Equal([0f, (0.99f + 0.96f) / 2, 0f, 0.97f, 0f, 0f], embeddings, (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public async Task EmbedItems_ReportsUnknownPlaces()
    {
        var unknown = new List<int>();

        float[] embeddings = await _world.Embeddings.EmbedItemsAsync(_world.Snapshot, [new ItemQuery("zzz", FeatureSet.None), new ItemQuery("i3", FeatureSet.None)], unknown, DateTimeOffset.MaxValue, CancellationToken.None);

        Assert.Equal([0], unknown);
        Assert.Equal([0f, 0f, 0f, 0.97f, 0f, 0f], embeddings);
    }

    private static Dictionary<string, FeatureValue> Country(string country) => new() { ["country"] = FeatureValue.Of(country) };

    private ValueTask<RecommendReply> Ask(RecommendQuery query) => _world.Pipeline.RecommendAsync(_world.Snapshot, query, CancellationToken.None);
}
