using System.Globalization;
using Inference.Recommendations;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Recommendations.MakeUp;

/// <summary>What chance and floors do to a slate that was made up.</summary>
public sealed class PinnedChanceTests
{
    private readonly World _world = new();
    private readonly KeptDecisions _kept = new();

    [Fact]
    public async Task Recommend_WithPinsChanceAndNewItems_LeavesPinsInTheirPlaces()
    {
        _world.Snapshot.NewItems = new NewItemPool([9, 10, 11]);
        var exploration = new ExplorationOptions { Policy = ExplorationPolicy.EpsilonGreedy, Epsilon = 1, PoolSize = 3, Share = 0.4 };
        var shown = new HashSet<string>();
        for (int i = 0; i < 200; i++)
        {
            _kept.Decisions.Clear();

            RecommendReply reply = await Ask(exploration, i, newItems: 1, new SlateRules { Pins = [new Pin("i9", 6), new Pin("i8", 2)] });

            Assert.Equal(6, reply.Items.Select(item => item.ItemId).Distinct().Count());
            Assert.Equal(("i8", "i9"), (reply.Items[1].ItemId, reply.Items[5].ItemId));
            foreach (RecommendedItem pinned in (RecommendedItem[])[reply.Items[1], reply.Items[5]])
            {
                Assert.Equal((SlotType.Exploit, 1.0), (pinned.SlotType, pinned.Propensity));
                Assert.Equal(AdjustmentKind.Pinned, Assert.Single(pinned.Adjustments!).Kind);
            }

            Decision decision = Assert.Single(_kept.Decisions);
            Assert.NotEmpty(decision.Choices);
            foreach (Choice choice in decision.Choices)
            {
                // What was drawn is where the log says, and no pin was in any pool.
                Assert.Equal(choice.Items[choice.Chosen].ItemId, reply.Items[choice.Slot - 1].ItemId);
                Assert.DoesNotContain(choice.Items, item => item.ItemId is "i8" or "i9");
                shown.Add(reply.Items[choice.Slot - 1].ItemId);
            }

            Assert.NotNull(decision.Slots[1].Adjustments);
        }

        Assert.True(shown.Count > 2);
    }

    [Fact]
    public async Task Recommend_WithAFloor_LeavesPinsInTheirPlaces()
    {
        _world.Snapshot.NewItems = new NewItemPool([9, 10, 11]);
        RecommendReply reply = await Ask(new ExplorationOptions(), 1, 0, new SlateRules { Pins = [new Pin("i8", 1)] }, new GuardOptions { ExposureFloors = ["is_new=true:0.34"], FloorDepth = 10 });

        Assert.Equal("i8", reply.Items[0].ItemId);
        Assert.InRange(reply.Items.Count(item => item.ItemId is "i9" or "i10" or "i11"), 2, 6);
    }

    [Fact]
    public async Task Recommend_OfALaterPage_DrawsNothingThatEarlierPagesUsedUp()
    {
        var vector = new float[3];
        for (int row = 0; row < World.Items; row++)
        {
            Assert.True(_world.Snapshot.Index.TryCopyVector(row, vector));
            var attributes = new Dictionary<string, FeatureValue> { ["kind"] = FeatureValue.Of(row < 8 ? "common" : $"rare {row}") };
            _world.Snapshot.Editor.Apply([new ItemChange($"i{row}", 1, new ItemContent(null, FeatureSet.None, attributes))], vector);
        }

        var exploration = new ExplorationOptions { Policy = ExplorationPolicy.EpsilonGreedy, Epsilon = 1, PoolSize = 5, Share = 0.4 };
        var pipeline = new RecommendationPipeline(_world.States, null, World.Keys, _world.Options, new RecommendationMetrics(_world.Meters), _world.Time, NullLoggerFactory.Instance, exploration);
        int explored = 0;
        for (int i = 0; i < 50; i++)
        {
            var query = new RecommendQuery
            {
                Limit = 3, RequestId = $"r{i}", Slate = new SlateRules { Caps = [new AttributeCap("kind", 2)] }, Page = new Page(2, $"r{i}", _world.Snapshot.Model.FullVersion, ["i0", "i1"]),
            };
            RecommendReply reply = await pipeline.RecommendAsync(_world.Snapshot, query, CancellationToken.None);

            Assert.All(reply.Items, item => Assert.Contains(item.ItemId, (string[])["i8", "i9", "i10", "i11"]));
            explored += reply.Items.Count(item => item.SlotType == SlotType.Explore);
        }

        Assert.True(explored > 0);
    }

    [Fact]
    public void Similar_WithPins_ShowsThemButNoneOfThoseInQuestion()
    {
        RecommendReply reply = _world.Pipeline.Similar(_world.Snapshot, new SimilarItemsQuery { ItemIds = ["i4"], Limit = 3, Slate = new SlateRules { Pins = [new Pin("i0", 2), new Pin("i4", 1)] } });

        Assert.Equal(["i1", "i0", "i7"], reply.Items.Select(item => item.ItemId));
        Assert.Equal(DegradationReason.UnknownItems, Assert.Single(reply.Degraded).Reason);
    }

    private ValueTask<RecommendReply> Ask(ExplorationOptions exploration, int number, int newItems, SlateRules rules, GuardOptions? guards = null)
    {
        var pipeline = new RecommendationPipeline(
            _world.States, null, World.Keys, _world.Options, new RecommendationMetrics(_world.Meters), _world.Time, NullLoggerFactory.Instance, exploration, new NewItemOptions(), _kept, guards);
        var query = new RecommendQuery { UserId = "anna", Limit = 6, NewItemSlots = newItems, RequestId = number.ToString(CultureInfo.InvariantCulture), Slate = rules };
        return pipeline.RecommendAsync(_world.Snapshot, query, CancellationToken.None);
    }

    private sealed class KeptDecisions : IDecisionLog
    {
        public List<Decision> Decisions { get; } = [];

        public bool Keeps(string requestId, bool isByChance) => true;

        public void Add(Decision decision) => Decisions.Add(decision);
    }
}
