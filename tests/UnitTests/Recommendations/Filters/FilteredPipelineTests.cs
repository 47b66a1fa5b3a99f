using Inference.Recommendations;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Recommendations.Filters;

/// <summary>Every way to fill a slate shows only what the filter selects.</summary>
public sealed class FilteredPipelineTests
{
    private static readonly Dictionary<string, FeatureValue> German = new() { ["country"] = FeatureValue.Of("DE") };

    private readonly World _world = new();

    public FilteredPipelineTests()
    {
        // "even" is on all items, "rank" likewise; nothing else about them changes.
        var vector = new float[3];
        for (int row = 0; row < World.Items; row++)
        {
            Assert.True(_world.Snapshot.Index.TryCopyVector(row, vector));
            var attributes = new Dictionary<string, FeatureValue> { ["even"] = FeatureValue.Of(row % 2 == 0 ? "yes" : "no"), ["rank"] = FeatureValue.Of((long)row) };
            _world.Snapshot.Editor.Apply([new ItemChange($"i{row}", 1, new ItemContent(null, FeatureSet.None, attributes))], vector);
        }
    }

    public static TheoryData<string, RecommendQuery> Ways => new()
    {
        { "tower", new() { UserId = "anna", Limit = 100 } },
        { "session", new() { RecentItemIds = ["i2", "i5"], Limit = 100 } },
        { "profiles", new() { Context = German, Limit = 100 } },
        { "popularity", new() { Limit = 100 } },
        { "with seen items", new() { UserId = "anna", IncludeSeen = true, Limit = 100 } },
        { "only seen items", new() { UserId = "all", Limit = 100 } },
        { "few", new() { UserId = "anna", Limit = 2 } },
        { "with an allow list", new() { UserId = "anna", AllowedItemIds = ["i0", "i2", "i3", "i5", "i6"], Limit = 100 } },
        { "exploring", new() { UserId = "anna", Exploration = ExplorationPolicy.Softmax, RequestId = "r", Limit = 3 } },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Recommend_WithAFilter_ShowsAllThatItSelectsAndNothingElse(string way, RecommendQuery query)
    {
        RecommendReply without = await AskAsync(_world.Pipeline, _world.Snapshot, query, filter: null);

        RecommendReply reply = await AskAsync(_world.Pipeline, _world.Snapshot, query, "even = \"yes\"");

        string[] expected = [.. without.Items.Select(item => item.ItemId).Where(IsEven)];
        Assert.True(reply.Items.Count > 0, way);
        Assert.All(reply.Items, item => Assert.True(IsEven(item.ItemId), $"{way}: {item.ItemId}"));
        if (query.Limit == 100)
        {
            // Where nothing is crowded out, a filter takes items away and changes nothing else.
            Assert.Equal(expected, reply.Items.Select(item => item.ItemId));
            Assert.Equal(without.ServedBy, reply.ServedBy);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Recommend_WithAFusedModel_KeepsToTheFilter(bool isWhole)
    {
        Snapshot fused = Fused(isWhole);

        foreach (RecommendQuery query in (RecommendQuery[])[new() { UserId = "anna", Limit = 5 }, new() { Context = German, Limit = 5 }, new() { Limit = 5 }])
        {
            RecommendReply reply = await AskAsync(_world.Pipeline, fused, query, "even = \"yes\"");

            Assert.Equal(5, reply.Items.Count);
            Assert.All(reply.Items, item => Assert.True(IsEven(item.ItemId), item.ItemId));
        }
    }

    [Fact]
    public async Task Recommend_WithADevice_HandsItTheFilter()
    {
        RowFilter handed = default;
        var device = new FilteredDevice(filter => handed = filter);
        Snapshot parts = _world.Snapshot;
        var snapshot = new Snapshot(parts.Model, parts.Items, parts.Index, parts.UserTower, null, parts.BundlePopularity, parts.Profiles) { DeviceSearch = device };

        await AskAsync(_world.Pipeline, snapshot, new() { UserId = "anna", Limit = 3 }, "rank < 3");

        Assert.Equal(3, handed.Allowed?.Count);
    }

    [Fact]
    public async Task Recommend_WithSlotsForNewItems_KeepsThemToTheFilter()
    {
        _world.Snapshot.NewItems = new NewItemPool([8, 9, 10, 11]);
        RecommendationPipeline pipeline = Pipeline(new ExplorationOptions { AllowRequests = true });

        for (int seed = 0; seed < 20; seed++)
        {
            RecommendReply reply = await AskAsync(pipeline, _world.Snapshot, new() { UserId = "anna", NewItemSlots = 2, RequestId = $"r{seed}", Limit = 4 }, "even = \"yes\"");
            Assert.Contains(reply.Items, item => item.SlotType == SlotType.NewItem);
            Assert.All(reply.Items, item => Assert.True(IsEven(item.ItemId), item.ItemId));
        }
    }

    [Fact]
    public async Task Recommend_WhenCappedItemsComeBack_KeepsThemToTheFilter()
    {
        Interaction[] shown = [.. Enumerable.Range(0, World.Items).Select(i => new Interaction((ulong)i, $"i{i}", InteractionType.Skip, _world.Time.GetUtcNow() - TimeSpan.FromMinutes(i + 1), 0))];
        var user = new UserState(FeatureSet.None, [], shown);
        var pipeline = new RecommendationPipeline(
            new ScriptedStates(_ => new(new UserLookup(user)), user), null, World.Keys, _world.Options, new RecommendationMetrics(_world.Meters), _world.Time, NullLoggerFactory.Instance, guards: new GuardOptions { ShownAtMost = 1 });

        RecommendReply reply = await AskAsync(pipeline, _world.Snapshot, new() { UserId = "ida", Limit = 100 }, "even = \"yes\"");

        Assert.Contains(reply.Degraded, label => label.Component == Components.Guards);
        Assert.Equal(["i0", "i2", "i4", "i6", "i8", "i10"], reply.Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task Recommend_WhenNothingIsSelected_AnswersWithoutItemsAndSaysSo()
    {
        foreach (RecommendQuery query in (RecommendQuery[])[new() { UserId = "anna" }, new() { UserId = "all" }, new() { Context = German }, new()])
        {
            RecommendReply reply = await AskAsync(_world.Pipeline, _world.Snapshot, query, "rank > 99");

            Assert.Empty(reply.Items);
            Degradation label = Assert.Single(reply.Degraded, label => label.Component == Components.Filter);
            Assert.Equal((DegradationReason.TooFewCandidates, "The filter selects 0 of 12 items; 10 were asked for."), (label.Reason, label.Detail));
        }
    }

    [Fact]
    public async Task Recommend_WithEnoughItems_SaysNothing()
    {
        RecommendReply reply = await AskAsync(_world.Pipeline, _world.Snapshot, new() { UserId = "anna", Limit = 3 }, "rank < 9");

        Assert.Empty(reply.Degraded);
        Assert.Equal(3, reply.Items.Count);
    }

    [Fact]
    public async Task Similar_WithAFilter_ShowsOnlyWhatItSelects()
    {
        var query = new SimilarItemsQuery { ItemIds = ["i4"], Limit = 4, Filter = ItemFilterTests.Of("even = \"no\"") };

        RecommendReply reply = await _world.Pipeline.SimilarAsync(_world.Snapshot, query, CancellationToken.None);

        Assert.Equal(["i1", "i7"], reply.Items.Take(2).Select(item => item.ItemId));
        Assert.All(reply.Items, item => Assert.False(IsEven(item.ItemId)));
        Assert.Equal(4, reply.Items.Count);
    }

    [Fact]
    public async Task Recommend_WithAFilterForAll_AddsTheRequestsOwn()
    {
        RecommendationPipeline pipeline = Pipeline(new ExplorationOptions(), new FilterOptions { Always = "even = \"yes\"" });

        RecommendReply alone = await AskAsync(pipeline, _world.Snapshot, new() { Limit = 100 }, filter: null), both = await AskAsync(pipeline, _world.Snapshot, new() { Limit = 100 }, "rank >= 6 or rank = 1");

        Assert.Equal(["i0", "i2", "i4", "i6", "i8", "i10"], alone.Items.Select(item => item.ItemId));
        Assert.Equal(["i6", "i8", "i10"], both.Items.Select(item => item.ItemId));
    }

    [Fact]
    public async Task Recommend_AfterAnItemChanged_AsksItsNewAttributes()
    {
        RecommendQuery query = new() { Limit = 100 };
        Assert.DoesNotContain("i1", (await AskAsync(_world.Pipeline, _world.Snapshot, query, "even = \"yes\"")).Items.Select(item => item.ItemId));

        _world.Snapshot.Editor.Apply([new ItemChange("i1", 2, new ItemContent(null, FeatureSet.None, new Dictionary<string, FeatureValue> { ["even"] = FeatureValue.Of("yes") })), new ItemChange("i2", 2, null)], [0f, 1f, 0f]);

        string[] shown = [.. (await AskAsync(_world.Pipeline, _world.Snapshot, query, "even = \"yes\"")).Items.Select(item => item.ItemId)];
        Assert.Contains("i1", shown);
        Assert.DoesNotContain("i2", shown);
    }

    private RecommendationPipeline Pipeline(ExplorationOptions exploration, FilterOptions? filters = null) =>
        new(_world.States, null, World.Keys, _world.Options, new RecommendationMetrics(_world.Meters), _world.Time, NullLoggerFactory.Instance, exploration, filters: filters);

    private Snapshot Fused(bool isWhole)
    {
        Snapshot parts = _world.Snapshot;
        var vectors = new float[World.Items * 3];
        for (int row = 0; row < World.Items; row++)
            Assert.True(parts.Index.TryCopyVector(row, vectors.AsSpan(row * 3, 3)));
        TowerItems items = isWhole ? TowerItems.Of(new ExactIndex(VectorMatrix.Create(vectors, 3), Metric.InnerProduct)) : TowerItems.Of(parts.Index, World.Items);
        float[] rates = [.. Enumerable.Range(0, World.Items).Select(parts.BundlePopularity.RateOf)];
        var model = new FusionModel([new TowerSource("tower", items), new PopularitySource("popularity", rates)], new FusionWeights([new FusionWeightPoint(0, [1f, 0.5f])]));
        return new Snapshot(parts.Model, parts.Items, parts.Index, parts.UserTower, null, parts.BundlePopularity, parts.Profiles)
        {
            Fusion = new FusedScorer(model, new FusionOptions { DenseItems = isWhole ? World.Items : World.Items - 1 }),
        };
    }

    private static async Task<RecommendReply> AskAsync(RecommendationPipeline pipeline, Snapshot snapshot, RecommendQuery query, string? filter)
    {
        var asked = new RecommendQuery
        {
            UserId = query.UserId,
            Context = query.Context,
            RecentItemIds = query.RecentItemIds,
            AllowedItemIds = query.AllowedItemIds,
            IncludeSeen = query.IncludeSeen,
            Exploration = query.Exploration,
            NewItemSlots = query.NewItemSlots,
            RequestId = query.RequestId,
            Limit = query.Limit,
            Filter = filter is null ? null : ItemFilterTests.Of(filter),
        };
        return await pipeline.RecommendAsync(snapshot, asked, CancellationToken.None);
    }

    private static bool IsEven(string id) => int.Parse(id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) % 2 == 0;

    /// <summary>A device that says which filter it was handed, and leaves the answer to the index.</summary>
    private sealed class FilteredDevice(Action<RowFilter> handed) : IDeviceSearch
    {
        public ValueTask<DeviceSearchResult> SearchAsync(ReadOnlyMemory<float> query, Memory<Neighbor> results, RowFilter filter, Urgency urgency, CancellationToken cancellationToken)
        {
            handed(filter);
            return new(new DeviceSearchResult(DeviceSearchOutcome.Unsuited));
        }

        public void RowChanged(int row)
        {
        }
    }
}
