using System.Globalization;
using Inference.Recommendations;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Recommendations.Guards;

/// <summary>Guards in whole replies.</summary>
public sealed class GuardedSlateTests
{
    [Fact]
    public async Task Recommend_WithACap_ShowsOtherItemsInstead()
    {
        var world = WorldOf(out DateTimeOffset now, (7, InteractionType.Skip), (7, InteractionType.Skip), (4, InteractionType.Click));
        RecommendReply free = await Ask(world, new GuardOptions());

        RecommendReply capped = await Ask(world, new GuardOptions { ShownAtMost = 2, ShownWithin = TimeSpan.FromDays(1) });

        Assert.Contains(free.Items, item => item.ItemId == "i7");
        Assert.DoesNotContain(capped.Items, item => item.ItemId == "i7");
        Assert.Equal(free.Items.Count, capped.Items.Count);
        Assert.Empty(capped.Degraded);
    }

    [Fact]
    public async Task Recommend_WhenCappedItemsAreAllThereIs_GivesThemBackAndSaysSo()
    {
        var world = WorldOf(out _, [.. Enumerable.Range(0, World.Items).Select(i => (i, InteractionType.Skip))]);

        RecommendReply reply = await Ask(world, new GuardOptions { ShownAtMost = 1 }, limit: 4);

        Assert.Equal(["i0", "i1", "i2", "i3"], reply.Items.Select(item => item.ItemId));
        Assert.Contains(reply.Degraded, label => label is { Component: Components.Guards, Reason: DegradationReason.TooFewCandidates });
        Assert.All(reply.Items, item => Assert.Equal(SlotType.Fallback, item.SlotType));
    }

    [Fact]
    public async Task Recommend_WithViewsThatAreNotSeen_ShowsThemAgain()
    {
        var world = WorldOf(out _, (4, InteractionType.View), (7, InteractionType.Purchase));

        RecommendReply reply = await Ask(world, new GuardOptions { SeenAfterView = TimeSpan.Zero }, limit: 12);

        Assert.Contains(reply.Items, item => item.ItemId == "i4");
        Assert.DoesNotContain(reply.Items, item => item.ItemId == "i7");
    }

    [Fact]
    public async Task Recommend_WithAnyGuards_IsNeverShorterAndNeverEmpty()
    {
        var random = new Random(11);
        var types = Enum.GetValues<InteractionType>();
        for (int round = 0; round < 400; round++)
        {
            (int, InteractionType)[] done = [.. Enumerable.Range(0, random.Next(60)).Select(_ => (random.Next(World.Items), types[random.Next(types.Length)]))];
            var world = WorldOf(out _, done);
            Group(world, [.. Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(World.Items))]);
            var guards = new GuardOptions
            {
                ShownAtMost = random.Next(3), SeenAfterView = random.Next(2) == 0 ? TimeSpan.Zero : GuardOptions.Always, SeenAfterClick = TimeSpan.FromMinutes(random.Next(100)),
                ExposureFloors = random.Next(2) == 0 ? [] : ["shop=small:0.3", "shop=big:0.5"],
            };
            int limit = random.Next(1, 14);
            string[] allowed = random.Next(3) == 0 ? ["i1", "i4", "i7"] : [];
            bool includeSeen = random.Next(4) == 0;

            RecommendReply free = await Ask(world, new GuardOptions(), limit, allowed, includeSeen), guarded = await Ask(world, guards, limit, allowed, includeSeen);

            // Where everything was seen, seen items are shown rather than nothing; where some is seen no more, that is shown alone.
            bool isSeenAgain = free.Degraded.Any(label => label.Detail.Contains("seen items are shown again", StringComparison.Ordinal));
            Assert.True(guarded.Items.Count > 0 && (isSeenAgain || guarded.Items.Count >= free.Items.Count), $"round {round}: {guarded.Items.Count} items, {free.Items.Count} without guards");
            Assert.Equal(guarded.Items.Count, guarded.Items.Select(item => item.ItemId).Distinct().Count());
            Assert.All(guarded.Items, item => Assert.True(allowed.Length == 0 || allowed.Contains(item.ItemId)));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ExplorationPolicy.EpsilonGreedy)]
    [InlineData(ExplorationPolicy.Thompson)]
    public async Task Recommend_WithFloors_KeepsThemAtEveryPrefix(ExplorationPolicy? policy)
    {
        var world = WorldOf(out _, (4, InteractionType.Click));
        Group(world, [2, 5, 9, 11]);
        world.Snapshot.NewItems = new NewItemPool([8, 10]);
        var guards = new GuardOptions { ExposureFloors = ["shop=small:0.34"] };
        for (int request = 0; request < 50; request++)
        {
            RecommendReply reply = await Ask(world, guards, limit: 6, policy: policy, newItems: request % 2, requestId: request.ToString(CultureInfo.InvariantCulture));

            string[] ids = [.. reply.Items.Select(item => item.ItemId)];
            for (int k = 1; k <= ids.Length; k++)
                Assert.True(ids.Take(k).Count(id => id is "i2" or "i5" or "i9" or "i11") >= (int)(0.34 * k), $"request {request}: {string.Join(' ', ids)}");
            Assert.Equal(6, ids.Distinct().Count());
            Assert.DoesNotContain(reply.Degraded, label => label.Component == Components.Guards);
            Assert.All(reply.Items.Where(item => item.SlotType is SlotType.Exploit or SlotType.Fallback), item => Assert.Equal(1.0, item.Propensity));
        }
    }

    [Fact]
    public async Task Recommend_WithAFloorOfNewItems_CountsThoseInTheirSlots()
    {
        var world = WorldOf(out _, (4, InteractionType.Click));
        world.Snapshot.NewItems = new NewItemPool([8, 11]);
        var guards = new GuardOptions { ExposureFloors = ["is_new=true:0.25"] };

        RecommendReply without = await Ask(world, guards, limit: 4), with = await Ask(world, guards, limit: 4, newItems: 1);

        Assert.Equal(1, without.Items.Count(item => item.ItemId is "i8" or "i11"));
        Assert.All(without.Items, item => Assert.NotEqual(SlotType.NewItem, item.SlotType));
        Assert.Equal([SlotType.NewItem], with.Items.Where(item => item.ItemId is "i8" or "i11").Select(item => item.SlotType));
    }

    [Fact]
    public async Task Recommend_WithAFloorThatNobodyMeets_SaysWhich()
    {
        var world = WorldOf(out _, (4, InteractionType.Click));

        RecommendReply reply = await Ask(world, new GuardOptions { ExposureFloors = ["shop=small:0.5"] }, limit: 4);

        Assert.Equal(4, reply.Items.Count);
        Degradation label = Assert.Single(reply.Degraded);
        Assert.Equal((Components.Guards, DegradationReason.TooFewCandidates), (label.Component, label.Reason));
        Assert.Contains("'shop=small'", label.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_WithAFloorThatChanceBreaks_KeepsTheDraw()
    {
        // One slot of two explores: the other one has to hold the group's item, whatever is drawn.
        var world = WorldOf(out _, (4, InteractionType.Click));
        Group(world, [9]);
        var guards = new GuardOptions { ExposureFloors = ["shop=small:0.5"] };

        RecommendReply reply = await Ask(world, guards, limit: 2, policy: ExplorationPolicy.EpsilonGreedy);

        Assert.Equal("i9", reply.Items[0].ItemId);
        Assert.Equal(SlotType.Explore, reply.Items[1].SlotType);
        Assert.InRange(reply.Items[1].Propensity, 1e-9, 1);
    }

    [Fact]
    public async Task Recommend_WithAnItemThatCameWhileServing_CountsItsGroup()
    {
        var world = WorldOf(out _, (4, InteractionType.Click));
        var guards = new GuardOptions { ExposureFloors = ["shop=small:0.5"] };
        Assert.NotEmpty((await Ask(world, guards, limit: 2)).Degraded);
        world.Snapshot.Editor.Apply([new ItemChange("late", 1, Small)], [0.1f, 0f, 0f]);

        RecommendReply reply = await Ask(world, guards, limit: 2);

        Assert.Contains("late", reply.Items.Select(item => item.ItemId));
        Assert.Empty(reply.Degraded);
    }

    [Fact]
    public async Task Recommend_WithALiftedItem_SaysSo()
    {
        var world = WorldOf(out _, (4, InteractionType.Click));
        Group(world, [9]);

        RecommendReply reply = await Ask(world, new GuardOptions { ExposureFloors = ["shop=small:0.5"] }, limit: 2, explain: true);

        RecommendedItem lifted = Assert.Single(reply.Items, item => item.ItemId == "i9");
        Assert.EndsWith("Its group has a floor of exposure.", lifted.Reason!.Text, StringComparison.Ordinal);
        Assert.All(reply.Items.Where(item => item.ItemId != "i9"), item => Assert.DoesNotContain("floor", item.Reason!.Text, StringComparison.Ordinal));
    }

#if !DEBUG
    [Theory]
    [InlineData(false, 1_200)] // as without guards
    [InlineData(true, 1_200)]
    public async Task Recommend_WhenWarm_StaysInTheByteBudget(bool isOn, long budget)
    {
        var world = WorldOf(out _, (4, InteractionType.Click), (7, InteractionType.Skip), (7, InteractionType.Skip));
        Group(world, [9, 10, 11]);
        RecommendationPipeline pipeline = PipelineOf(world, isOn ? new GuardOptions { ShownAtMost = 2, SeenAfterView = TimeSpan.FromHours(1), ExposureFloors = ["shop=small:0.2"] } : new GuardOptions());
        var query = new RecommendQuery { UserId = "ida", Limit = 10 };
        for (int i = 0; i < 1_000; i++)
            await pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);

        const int calls = 1_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < calls; i++)
        {
            ValueTask<RecommendReply> call = pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);
            Assert.True(call.IsCompletedSuccessfully); // so all of it was allocated on this thread
        }

        long perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / calls;
        Assert.True(perCall <= budget, $"{perCall} bytes per call, {budget} allowed");
    }
#endif

    private static ItemContent Small { get; } = new("A small one", FeatureSet.None, new Dictionary<string, FeatureValue> { ["shop"] = FeatureValue.Of("small") });

    private static World WorldOf(out DateTimeOffset now, params (int Item, InteractionType Type)[] done)
    {
        DateTimeOffset then = now = new World().Time.GetUtcNow();
        Interaction[] interactions = [.. done.Select((one, i) => new Interaction((ulong)i, $"i{one.Item}", one.Type, then - TimeSpan.FromMinutes(done.Length - i), 0))];
        var user = new UserState(FeatureSet.None, [.. interactions.Where(one => one.Type != InteractionType.Skip).Select(one => one.ItemId)], interactions);
        return new World(states: new ScriptedStates(_ => new(new UserLookup(user)), user));
    }

    private static void Group(World world, int[] rows)
    {
        foreach (int row in rows.Distinct())
        {
            float[] vector = new float[3];
            vector[row % 3] = 1f - (0.01f * row);
            world.Snapshot.Editor.Apply([new ItemChange($"i{row}", 1, Small)], vector);
        }
    }

    private static RecommendationPipeline PipelineOf(World world, GuardOptions guards) => new(
        world.States, null, World.Keys, world.Options, new RecommendationMetrics(world.Meters), world.Time, NullLoggerFactory.Instance, new ExplorationOptions { PoolSize = 5, Epsilon = 0.9 }, guards: guards);

    private static async Task<RecommendReply> Ask(
        World world, GuardOptions guards, int limit = 5, string[]? allowed = null, bool includeSeen = false, ExplorationPolicy? policy = null, int? newItems = null, string requestId = "r", bool explain = false) =>
        await PipelineOf(world, guards).RecommendAsync(
            world.Snapshot,
            new RecommendQuery
            {
                UserId = "ida", Limit = limit, AllowedItemIds = allowed ?? [], IncludeSeen = includeSeen, Exploration = policy, NewItemSlots = newItems, RequestId = requestId, Explain = explain,
            },
            CancellationToken.None);
}
