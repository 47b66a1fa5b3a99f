using System.Globalization;
using Inference.Recommendations;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Recommendations.Exploration;

public sealed class SlateExplorationTests
{
    private readonly World _world = new();
    private readonly KeptDecisions _kept = new();

    [Fact]
    public async Task Recommend_WithoutAPolicy_LeavesNothingToChance()
    {
        RecommendReply reply = await Ask(new ExplorationOptions(), "r");

        Assert.Equal(ExplorationPolicy.Off, reply.Policy);
        Assert.All(reply.Items, item => Assert.Equal((SlotType.Exploit, 1.0), (item.SlotType, item.Propensity)));
    }

    [Fact]
    public async Task Recommend_WithAPolicy_ExploresTheLastSlotAlone()
    {
        RecommendReply greedy = await Ask(new ExplorationOptions(), "r");

        RecommendReply reply = await Ask(new ExplorationOptions { Policy = ExplorationPolicy.Softmax, PoolSize = 4 }, "r");

        Assert.Equal(ExplorationPolicy.Softmax, reply.Policy);
        Assert.Equal(greedy.Items.SkipLast(1), reply.Items.SkipLast(1));
        Assert.Equal(SlotType.Explore, reply.Items[^1].SlotType);
        Assert.InRange(reply.Items[^1].Propensity, double.Epsilon, 0.999);
        Assert.DoesNotContain(reply.Items[^1].ItemId, reply.Items.SkipLast(1).Select(item => item.ItemId));
    }

    [Fact]
    public async Task Recommend_WithTheSameRequestId_DrawsTheSame()
    {
        var options = new ExplorationOptions { Policy = ExplorationPolicy.EpsilonGreedy, Epsilon = 1, PoolSize = 5 };

        string[] once = [.. await DrawnAsync(options, 40)], again = [.. await DrawnAsync(options, 40)];

        Assert.Equal(once, again);
        Assert.True(once.Distinct().Count() > 2);
    }

    [Theory]
    [InlineData(ExplorationPolicy.EpsilonGreedy)]
    [InlineData(ExplorationPolicy.Softmax)]
    [InlineData(ExplorationPolicy.Thompson)]
    public async Task Recommend_OverManyRequests_ShowsItemsAsOftenAsItSays(ExplorationPolicy policy)
    {
        const int requests = 4_000;
        var options = new ExplorationOptions { Policy = policy, PoolSize = 6, Epsilon = 0.5 };
        var shown = new Dictionary<string, int>();
        var stated = new Dictionary<string, double>();

        for (int i = 0; i < requests; i++)
        {
            _kept.Decisions.Clear();
            RecommendReply reply = await Ask(options, i.ToString(CultureInfo.InvariantCulture));
            Choice choice = Assert.Single(Assert.Single(_kept.Decisions).Choices);
            Assert.Equal(choice.Items[choice.Chosen].ItemId, reply.Items[choice.Slot - 1].ItemId);
            Assert.Equal(choice.Items[choice.Chosen].Probability, reply.Items[choice.Slot - 1].Propensity);
            shown[reply.Items[^1].ItemId] = shown.GetValueOrDefault(reply.Items[^1].ItemId) + 1;
            foreach (ChoiceItem item in choice.Items)
                stated[item.ItemId] = stated.GetValueOrDefault(item.ItemId) + item.Probability;
        }

        double chi = stated.Where(item => item.Value >= 5).Sum(item => Math.Pow(shown.GetValueOrDefault(item.Key) - item.Value, 2) / item.Value);
        Assert.True(chi < 25.7, $"χ² = {chi}"); // 99.99 % with 5 degrees of freedom; the requests are fixed
    }

    [Fact]
    public async Task Recommend_WithSeveralSlots_StatesEachGivenThoseBefore()
    {
        var options = new ExplorationOptions { Policy = ExplorationPolicy.EpsilonGreedy, Epsilon = 1, PoolSize = 3, Share = 0.5 };

        RecommendReply reply = await Ask(options, "several", limit: 6);

        Assert.Equal([SlotType.Exploit, SlotType.Explore, SlotType.Exploit, SlotType.Explore, SlotType.Exploit, SlotType.Explore], reply.Items.Select(item => item.SlotType));
        Assert.Equal([1, 1 / 3.0, 1, 1 / 3.0, 1, 1 / 3.0], reply.Items.Select(item => item.Propensity), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(6, reply.Items.Select(item => item.ItemId).Distinct().Count());
    }

    [Fact]
    public async Task Recommend_WhenRequestsMayNotChoose_KeepsTheConfiguredPolicy()
    {
        RecommendReply reply = await Ask(new ExplorationOptions { AllowRequests = false }, "r", policy: ExplorationPolicy.Softmax, newItems: 2);

        Assert.Equal(ExplorationPolicy.Off, reply.Policy);
        Assert.All(reply.Items, item => Assert.Equal(SlotType.Exploit, item.SlotType));
    }

    [Fact]
    public async Task Recommend_WithFewerItemsThanSlots_ShowsThemAll()
    {
        RecommendReply reply = await Ask(new ExplorationOptions { Policy = ExplorationPolicy.Thompson }, "r", limit: 100);

        Assert.Equal(World.Items - 2, reply.Items.Count);
        Assert.Contains(reply.Degraded, label => label.Reason == DegradationReason.TooFewCandidates);
    }

    [Fact]
    public async Task Recommend_WithNewItemSlots_ShowsNewItemsThere()
    {
        _world.Snapshot.NewItems = new NewItemPool([9, 10, 11]);

        RecommendReply reply = await Ask(new ExplorationOptions(), "r", limit: 4, newItems: 2);

        Assert.Equal([SlotType.Exploit, SlotType.NewItem, SlotType.Exploit, SlotType.NewItem], reply.Items.Select(item => item.SlotType));
        Assert.All(reply.Items.Where(item => item.SlotType == SlotType.NewItem), item => Assert.Contains(item.ItemId, new[] { "i9", "i10", "i11" }));
        Assert.Equal(2, _kept.Decisions[^1].Choices.Count);
        Assert.Equal([2, 4], _kept.Decisions[^1].Choices.Select(choice => choice.Slot));
        Assert.Equal(4, reply.Items.Select(item => item.ItemId).Distinct().Count());
    }

    [Fact]
    public async Task Recommend_WithMoreNewItemsThanOneRequestLooksAt_DrawsFromAllOfThem()
    {
        const int more = 1_000, pool = NewItemSlots.MostLookedAt + more;
        ItemChange[] changes = [.. Enumerable.Range(0, pool).Select(i => new ItemChange($"n{i}", 1, new ItemContent(null, FeatureSet.None, FeatureSet.None)))];
        _world.Snapshot.Editor.Apply(changes, [.. Enumerable.Repeat(new[] { 0.1f, 0.2f, 0.3f }, pool).SelectMany(vector => vector)]);
        _world.Snapshot.NewItems = new NewItemPool([.. Enumerable.Range(World.Items, pool)]);
        // What a request would never look at if each began with the first: nobody is known, so of equals the first 64 are drawn from.
        HashSet<string> left = [.. Enumerable.Range(0, 64).Except(Enumerable.Range(0, NewItemSlots.MostLookedAt).Select(i => (int)((long)i * pool / NewItemSlots.MostLookedAt))).Select(i => $"n{i}")];
        var drawn = new List<string>();

        for (int request = 0; request < 300; request++)
        {
            RecommendReply reply = await Pipeline(new ExplorationOptions()).RecommendAsync(_world.Snapshot, new RecommendQuery { Limit = 2, NewItemSlots = 1, RequestId = $"r{request}" }, CancellationToken.None);
            drawn.Add(Assert.Single(reply.Items, item => item.SlotType == SlotType.NewItem).ItemId);
        }

        Assert.NotEmpty(left);
        Assert.Contains(drawn, left.Contains);
        Assert.Equal(drawn[7], (await Pipeline(new ExplorationOptions()).RecommendAsync(_world.Snapshot, new RecommendQuery { Limit = 2, NewItemSlots = 1, RequestId = "r7" }, CancellationToken.None)).Items.Single(item => item.SlotType == SlotType.NewItem).ItemId);
    }

    [Fact]
    public async Task Recommend_WithNewItemsThatMayNotBeShown_ExploitsTheirSlots()
    {
        _world.Snapshot.NewItems = new NewItemPool([1, 4]); // anna has seen both

        RecommendReply reply = await Ask(new ExplorationOptions(), "r", limit: 4, newItems: 2);

        Assert.Equal(4, reply.Items.Count);
        Assert.All(reply.Items, item => Assert.Equal(SlotType.Exploit, item.SlotType));
    }

    [Fact]
    public async Task Recommend_OfNobodyKnown_CallsPopularItemsAFallback()
    {
        RecommendReply reply = await Pipeline(new ExplorationOptions()).RecommendAsync(_world.Snapshot, new RecommendQuery { Limit = 3 }, CancellationToken.None);

        Assert.All(reply.Items, item => Assert.Equal(SlotType.Fallback, item.SlotType));
    }

    [Fact]
    public async Task Recommend_ThatIsKept_WritesTheWholeSlateDown()
    {
        RecommendReply reply = await Ask(new ExplorationOptions { Policy = ExplorationPolicy.Softmax }, "kept");

        Decision decision = Assert.Single(_kept.Decisions);
        Assert.Equal("kept", decision.RequestId);
        Assert.Equal(World.Keys.Of("anna").Key, decision.User);
        Assert.Equal(2, decision.KnownEvents);
        Assert.Equal(ExplorationPolicy.Softmax, decision.Policy);
        Assert.Equal(reply.Items.Select(item => item.ItemId), decision.Slots.Select(slot => slot.ItemId));
        Assert.Equal(reply.Items.Select(item => item.Propensity), decision.Slots.Select(slot => slot.Propensity));
    }

    private async Task<List<string>> DrawnAsync(ExplorationOptions options, int requests)
    {
        var drawn = new List<string>();
        for (int i = 0; i < requests; i++)
            drawn.Add((await Ask(options, $"request {i}")).Items[^1].ItemId);
        return drawn;
    }

    private async Task<RecommendReply> Ask(ExplorationOptions options, string requestId, int limit = 4, ExplorationPolicy? policy = null, int? newItems = null) =>
        await Pipeline(options).RecommendAsync(
            _world.Snapshot, new RecommendQuery { UserId = "anna", Limit = limit, RequestId = requestId, Exploration = policy, NewItemSlots = newItems }, CancellationToken.None);

    private RecommendationPipeline Pipeline(ExplorationOptions options) => new(
        _world.States, null, World.Keys, _world.Options, new RecommendationMetrics(_world.Meters), _world.Time, NullLoggerFactory.Instance, options, decisions: _kept);

    private sealed class KeptDecisions : IDecisionLog
    {
        public List<Decision> Decisions { get; } = [];

        public bool Keeps(string requestId, bool byChance) => true;

        public void Add(Decision decision) => Decisions.Add(decision);
    }
}
