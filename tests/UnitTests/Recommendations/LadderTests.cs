using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class LadderTests
{
    private static readonly Dictionary<string, FeatureValue> Germany = new() { ["country"] = FeatureValue.Of("DE") };

    [Fact]
    public async Task Recommend_ForStoredUser_IsServedByTower()
    {
        RecommendReply reply = await Ask(new World(), new RecommendQuery { UserId = "anna", Limit = 2 });

        Assert.Equal(Rung.UserTower, reply.ServedBy);
        Assert.Equal(["i7", "i10"], Ids(reply)); // the same axis as i1 and i4, which were seen
        Assert.All(reply.Items, item => Assert.Equal(Sources.Towers, item.Source));
        Assert.All(reply.Items, item => Assert.Equal(1.0, item.Propensity));
        Assert.Empty(reply.Degraded);
    }

    [Fact]
    public async Task Recommend_ForStoredUserWithFeaturesOnly_IsServedByTower()
    {
        RecommendReply reply = await Ask(new World(), new RecommendQuery { UserId = "blank" });

        Assert.Equal(Rung.UserTower, reply.ServedBy);
    }

    [Fact]
    public async Task Recommend_ForUnseenUserWithRecentItems_IsServedBySession()
    {
        RecommendReply reply = await Ask(new World(), new RecommendQuery { UserId = "nobody", RecentItemIds = ["i2"], Limit = 3 });

        Assert.Equal(Rung.Session, reply.ServedBy);
        Assert.Equal(["i5", "i8", "i11"], Ids(reply));
    }

    [Fact]
    public async Task Recommend_ForUnseenUserWithContext_IsServedByProfile()
    {
        RecommendReply reply = await Ask(new World(), new RecommendQuery { Context = Germany, Limit = 2 });

        Assert.Equal(Rung.ClusterProfile, reply.ServedBy);
        Assert.Equal(["i10", "i7"], Ids(reply));
        Assert.Equal(0.9f, reply.Items[0].Score, 0.01f);
    }

    [Fact]
    public async Task Recommend_ForUnseenUserWithoutContext_IsServedByPopularity()
    {
        RecommendReply reply = await Ask(new World(), new RecommendQuery { UserId = "nobody", Limit = 3 });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(["i0", "i1", "i2"], Ids(reply));
        Assert.Empty(reply.Degraded); // not knowing a user is no defect
    }

    [Fact]
    public async Task Recommend_WithUnknownContextValue_FallsToPopularity()
    {
        var context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("Atlantis") };

        RecommendReply reply = await Ask(new World(), new RecommendQuery { Context = context });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
    }

    [Fact]
    public async Task Recommend_WhenTowerFails_FallsToProfileAndSaysSo()
    {
        var world = new World(new ScriptedTower(_ => throw new TowerException("broken")));

        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna", Context = Germany, Limit = 3 });

        Assert.Equal(Rung.ClusterProfile, reply.ServedBy);
        Assert.Equal(3, reply.Items.Count);
        Degradation label = Assert.Single(reply.Degraded);
        Assert.Equal((Components.UserTower, DegradationReason.Failed), (label.Component, label.Reason));
        Assert.DoesNotContain("broken", label.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_WhenTowerIsLate_FallsWithinItsBudget()
    {
        var never = new TaskCompletionSource<EncodeOutcome>();
        var world = new World(new ScriptedTower(_ => new ValueTask<EncodeOutcome>(never.Task)));

        ValueTask<RecommendReply> pending = world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna" }, CancellationToken.None);
        Assert.False(pending.IsCompleted);
        world.Time.Advance(world.Options.TowerBudget);
        RecommendReply reply = await pending;

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Contains(reply.Degraded, label => label is { Component: Components.UserTower, Reason: DegradationReason.Timeout });
    }

    [Theory]
    [InlineData(EncodeOutcome.Late, DegradationReason.Timeout)]
    [InlineData(EncodeOutcome.Refused, DegradationReason.Unavailable)]
    public async Task Recommend_WhenTowerDeclines_FallsAtOnceAndSaysWhy(EncodeOutcome outcome, DegradationReason reason)
    {
        var tower = new ScriptedTower(_ => new ValueTask<EncodeOutcome>(outcome));
        var world = new World(tower);

        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna", Context = Germany, Limit = 3, Priority = WorkPriority.Bulk });

        Assert.Equal(Rung.ClusterProfile, reply.ServedBy);
        Degradation label = Assert.Single(reply.Degraded);
        Assert.Equal((Components.UserTower, reason), (label.Component, label.Reason));
        Assert.Equal(new Urgency(WorkPriority.Bulk, world.Options.BulkTowerBudget), tower.Urgency);
    }

    [Fact]
    public async Task Recommend_WithADeadline_TellsTheTowerWhatIsLeft()
    {
        var tower = new ScriptedTower(_ => new ValueTask<EncodeOutcome>(EncodeOutcome.Late));
        var world = new World(tower);

        await Ask(world, new RecommendQuery { UserId = "anna", Deadline = world.Time.GetUtcNow() + world.Options.DeadlineReserve + TimeSpan.FromMilliseconds(3) });

        Assert.Equal(new Urgency(WorkPriority.Interactive, TimeSpan.FromMilliseconds(3)), tower.Urgency);
    }

    [Theory]
    [InlineData(EncodeOutcome.Late)]
    [InlineData(EncodeOutcome.Refused)]
    public async Task EmbedUsers_WhenTowerDeclines_ThrowsWhatItSaid(EncodeOutcome outcome)
    {
        var tower = new ScriptedTower(_ => new ValueTask<EncodeOutcome>(outcome));
        var world = new World(tower);
        DateTimeOffset deadline = world.Time.GetUtcNow() + world.Options.DeadlineReserve + TimeSpan.FromMilliseconds(3);

        var busy = await Assert.ThrowsAsync<TowerBusyException>(async () =>
            await world.Embeddings.EmbedUsersAsync(world.Snapshot, [new UserQuery("anna", FeatureSet.None, [])], deadline, CancellationToken.None));

        Assert.Equal(outcome, busy.Outcome);
        Assert.Equal(TimeSpan.FromMilliseconds(3), tower.Urgency.Patience);
    }

    [Fact]
    public async Task Recommend_WithDeadlineTooNear_DoesNotStartTheTower()
    {
        var world = new World();

        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna", Deadline = world.Time.GetUtcNow() + world.Options.DeadlineReserve });

        Assert.Equal(0, ((MeanTower)world.Tower).Calls);
        Assert.NotEmpty(reply.Items);
        Assert.Contains(reply.Degraded, label => label is { Component: Components.UserState, Reason: DegradationReason.Timeout });
    }

    [Fact]
    public async Task Recommend_WhenStoreFails_GoesOnWithTheRequest()
    {
        var world = new World(states: new ScriptedStates(_ => throw new IOException("down")));

        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna", RecentItemIds = ["i0"], Limit = 1 });

        Assert.Equal(Rung.Session, reply.ServedBy);
        Assert.Equal("i3", reply.Items[0].ItemId);
        Assert.Contains(reply.Degraded, label => label is { Component: Components.UserState, Reason: DegradationReason.Failed });
    }

    [Fact]
    public async Task Recommend_WhenStoreHangs_GoesOnAfterItsBudget()
    {
        var never = new TaskCompletionSource<UserLookup>();
        var world = new World(states: new ScriptedStates(_ => new ValueTask<UserLookup>(never.Task)));

        ValueTask<RecommendReply> pending = world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna", Limit = 5 }, CancellationToken.None);
        Assert.False(pending.IsCompleted);
        world.Time.Advance(world.Options.UserStateBudget);
        RecommendReply reply = await pending;

        Assert.Equal(5, reply.Items.Count);
        Assert.Contains(reply.Degraded, label => label is { Component: Components.UserState, Reason: DegradationReason.Timeout });
    }

    [Fact]
    public async Task Recommend_WhenCallerGivesUp_Throws()
    {
        using var cancelled = new CancellationTokenSource();
        var world = new World(new ScriptedTower(async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return EncodeOutcome.Encoded;
        }));

        ValueTask<RecommendReply> pending = world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna" }, cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pending);
    }

    [Fact]
    public async Task Recommend_WithHistoryThatLeftTheCatalogue_IsNotEmpty()
    {
        RecommendReply reply = await Ask(new World(), new RecommendQuery { UserId = "gone" });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
        Assert.Equal(10, reply.Items.Count);
    }

    [Fact]
    public async Task Recommend_WithoutProfilesInBundle_FallsToPopularity()
    {
        RecommendReply reply = await Ask(new World(withProfiles: false), new RecommendQuery { Context = Germany });

        Assert.Equal(Rung.Popularity, reply.ServedBy);
    }

    [Theory]
    [InlineData(Retrievers.Popularity, Rung.Popularity)]
    [InlineData(Retrievers.ClusterProfile, Rung.ClusterProfile)]
    [InlineData(Retrievers.Towers, Rung.UserTower)]
    public async Task Recommend_WithChosenRetriever_UsesIt(Retrievers retrievers, Rung expected)
    {
        RecommendReply reply = await Ask(new World(), new RecommendQuery { UserId = "anna", Context = Germany, Retrievers = retrievers });

        Assert.Equal(expected, reply.ServedBy);
    }

    private static ValueTask<RecommendReply> Ask(World world, RecommendQuery query) => world.Pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);

    private static IEnumerable<string> Ids(RecommendReply reply) => reply.Items.Select(item => item.ItemId);
}
