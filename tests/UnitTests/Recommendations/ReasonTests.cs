using Inference.Recommendations;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>What replies say of themselves.</summary>
public sealed class ReasonTests
{
    private readonly World _world = new();

    [Fact]
    public async Task Recommend_ByAProfile_NamesItWithItsWeight()
    {
        RecommendReply reply = await Ask(_world.Snapshot, new RecommendQuery { Context = German, Limit = 1, Explain = true });

        // Both profiles have as many users; the country says 3 against −3.
        double odds = Math.Exp(6);
        Reason reason = reply.Items[0].Reason!;
        Assert.Equal((ReasonKind.Profile, "axis one", null), (reason.Kind, reason.Profile, reason.BecauseOfItemId));
        Assert.Equal(odds / (1 + odds), reason.ProfileWeight, 1e-6);
        Assert.Equal("Popular with 'axis one' (weight 1.00).", reason.Text);
    }

    [Fact]
    public async Task Recommend_ByClustersAndClicks_NamesTheClickThatSpeaksForTheProfile()
    {
        // The click on i4 speaks for the first cluster, that on i1 against it.
        Snapshot snapshot = Fused(
            new ClusterSource("clusters", new ClusterPosterior(_world.Snapshot.Profiles!, Lists((1, 1, 0.5f), (4, 0, 3f)), [-1f, -1f]), _world.Snapshot.Popularity));

        RecommendReply reply = await Ask(snapshot, new RecommendQuery { UserId = "anna", Limit = 1, Explain = true });

        Reason reason = reply.Items[0].Reason!;
        Assert.Equal((ReasonKind.Profile, "axis one", "i4"), (reason.Kind, reason.Profile, reason.BecauseOfItemId));
        Assert.InRange(reason.ProfileWeight, 0.5, 1);
        Assert.Contains("for which 'Item 4' in the history speaks most.", reason.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_ByARule_NamesItsConfidenceAndLift()
    {
        float rate = _world.Snapshot.Popularity.RateOf(6);
        Snapshot snapshot = Fused(new NeighbourSource("rules", Lists((4, 6, 0.8f * MathF.Log(0.8f / rate)), (1, 6, 0.01f)), weights: NeighbourWeights.ConfidenceLift));

        RecommendReply reply = await Ask(snapshot, new RecommendQuery { UserId = "anna", Limit = 1, Explain = true });

        Reason reason = reply.Items[0].Reason!;
        Assert.Equal(("i6", "i4"), (reply.Items[0].ItemId, reason.BecauseOfItemId));
        Assert.Equal(0.8, reason.Confidence, 1e-5);
        Assert.Equal(0.8 / rate, reason.Lift, 1e-4);
        Assert.Equal("Goes with 'Item 4' in the history; 80 % of its users have it, 3.1 times the share of all.", reason.Text);
    }

    [Fact]
    public async Task Recommend_ByWeightsThatAreNoRules_NamesNoFigures()
    {
        RecommendReply reply = await Ask(Fused(new NeighbourSource("ease", Lists((4, 6, 0.8f)))), new RecommendQuery { UserId = "anna", Limit = 1, Explain = true });

        Assert.Equal((0.0, 0.0), (reply.Items[0].Reason!.Confidence, reply.Items[0].Reason!.Lift));
        Assert.Equal("Goes with 'Item 4' in the history.", reply.Items[0].Reason!.Text);
    }

    [Fact]
    public async Task Recommend_ByWhatTheTowerSaysOfTheContext_DoesNotSpeakOfTheHistory()
    {
        Snapshot snapshot = Fused(new TowerSource("tower_context", TowerItems.Of(_world.Snapshot.Index, World.Items), isOfContext: true));

        RecommendReply reply = await Ask(snapshot, new RecommendQuery { UserId = "anna", Context = German, Limit = 1, Explain = true });

        Assert.Equal((ReasonKind.Features, "Fits the user's context.", null), (reply.Items[0].Reason!.Kind, reply.Items[0].Reason!.Text, reply.Items[0].Reason!.BecauseOfItemId));
    }

    [Fact]
    public async Task Recommend_OfExploredSlots_SaysWhy()
    {
        Snapshot snapshot = Fused(
            new NeighbourSource("ease", Lists((4, 6, 0.8f), (4, 7, 0.7f), (4, 8, 0.6f), (4, 9, 0.5f), (4, 10, 0.4f))), new PopularitySource("popularity", Rates(_world.Snapshot.Popularity)));
        var texts = new List<string>();

        for (int request = 0; request < 20; request++)
        {
            RecommendReply reply = await Ask(snapshot, new RecommendQuery { UserId = "anna", Limit = 2, Explain = true, RequestId = $"r{request}", Exploration = ExplorationPolicy.EpsilonGreedy });
            Assert.Equal(SlotType.Explore, reply.Items[1].SlotType);
            texts.Add(reply.Items[1].Reason!.Text);
        }

        Assert.All(texts, text => Assert.StartsWith("Shown to learn about it: ", text, StringComparison.Ordinal));
        Assert.Contains(texts, text => text.Contains(": goes with 'Item 4' in the history.", StringComparison.Ordinal));
        Assert.True(texts.Distinct().Count() > 1);
    }

    [Fact]
    public async Task Recommend_OfNewItems_SaysThatTheyAreNew()
    {
        _world.Snapshot.NewItems = new NewItemPool([9]);

        RecommendReply known = await Ask(_world.Snapshot, new RecommendQuery { UserId = "anna", Limit = 2, Explain = true, NewItemSlots = 1 });
        RecommendReply nobody = await Ask(_world.Snapshot, new RecommendQuery { Limit = 2, Explain = true, NewItemSlots = 1 });

        Assert.StartsWith("New, and shown to learn about it: near to 'Item ", known.Items[1].Reason!.Text, StringComparison.Ordinal);
        Assert.Equal("New, and shown to learn about it: few users have been shown it yet.", nobody.Items[1].Reason!.Text);
    }

    [Fact]
    public async Task Recommend_OfSlotsThatAreFilledUp_SaysSo()
    {
        RecommendReply filled = await Ask(_world.Snapshot, new RecommendQuery { Context = German, Limit = 12, Explain = true });
        RecommendReply popular = await Ask(_world.Snapshot, new RecommendQuery { Limit = 1, Explain = true });

        Assert.Equal("Popular, 50.0 % of users touched it.", popular.Items[0].Reason!.Text);
        Assert.All(filled.Items.Where(item => item.SlotType == SlotType.Fallback), item => Assert.StartsWith("Fills the slate: popular, ", item.Reason!.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Similar_WithExplanation_NamesSlotAndItem()
    {
        RecommendReply reply = await _world.Pipeline.SimilarAsync(_world.Snapshot, new SimilarItemsQuery { ItemIds = ["i4"], Limit = 2, Explain = true }, CancellationToken.None);
        RecommendReply unknown = await _world.Pipeline.SimilarAsync(_world.Snapshot, new SimilarItemsQuery { ItemIds = ["x"], Limit = 2, Explain = true }, CancellationToken.None);

        Assert.All(reply.Items, item => Assert.Equal((SlotType.Exploit, 1.0, ReasonKind.SimilarItem, "i4", "Similar to 'Item 4'."), (item.SlotType, item.Propensity, item.Reason!.Kind, item.Reason.BecauseOfItemId, item.Reason.Text)));
        Assert.All(unknown.Items, item => Assert.Equal((SlotType.Fallback, ReasonKind.Popular), (item.SlotType, item.Reason!.Kind)));
    }

    private static Dictionary<string, FeatureValue> German { get; } = new() { ["country"] = FeatureValue.Of("DE") };

    private static float[] Rates(Popularity popularity) => [.. Enumerable.Range(0, World.Items).Select(popularity.RateOf)];

    private static WeightedLists Lists(params (int Row, int Column, float Weight)[] entries)
    {
        (int Row, int Column, float Weight)[] sorted = [.. entries.OrderBy(entry => entry.Row)];
        int[] offsets = [.. Enumerable.Range(0, World.Items + 1).Select(row => sorted.Count(entry => entry.Row < row))];
        int columns = entries.All(entry => entry.Column < 2) ? 2 : World.Items;
        return new WeightedLists(offsets, [.. sorted.Select(entry => entry.Column)], [.. sorted.Select(entry => entry.Weight)], columns);
    }

    private Snapshot Fused(params ScoreSource[] sources)
    {
        Snapshot from = _world.Snapshot;
        var weights = new FusionWeights([new FusionWeightPoint(0, [.. sources.Select(_ => 1f)])]);
        return new Snapshot(from.Model, from.Items, from.Index, from.UserTower, from.ItemTower, from.Popularity, from.Profiles) { Fusion = new FusedScorer(new FusionModel(sources, weights)) };
    }

    private async Task<RecommendReply> Ask(Snapshot snapshot, RecommendQuery query)
    {
        var pipeline = new RecommendationPipeline(
            _world.States, null, World.Keys, _world.Options, new RecommendationMetrics(_world.Meters), _world.Time, NullLoggerFactory.Instance, new ExplorationOptions { PoolSize = 6, Epsilon = 1 });
        return await pipeline.RecommendAsync(snapshot, query, CancellationToken.None);
    }
}
