using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations;

public class CachedEmbeddingTests
{
    private static readonly UserState Anna = new(FeatureSet.None, ["i1", "i4"]);

    [Fact]
    public async Task Recommend_Again_IsServedFromTheCache()
    {
        var kept = new DictionaryCache();
        var world = new World(cache: kept);

        RecommendReply first = await Ask(world, new RecommendQuery { UserId = "anna" });
        RecommendReply second = await Ask(world, new RecommendQuery { UserId = "anna" });

        Assert.Equal((Rung.UserTower, Rung.CachedEmbedding), (first.ServedBy, second.ServedBy));
        Assert.Equal(first.Items.Select(item => item.ItemId), second.Items.Select(item => item.ItemId));
        Assert.Equal(1, ((MeanTower)world.Tower).Calls);
        Assert.Equal(("space", World.Keys.Of("anna").Key, Anna.Stamp), Assert.Single(kept.Held.Keys));
    }

    [Fact]
    public async Task Recommend_WithAnotherState_DoesNotUseTheOldEmbedding()
    {
        UserState now = Anna;
        var world = new World(states: new ScriptedStates(_ => new(new UserLookup(now))), cache: new DictionaryCache());

        await Ask(world, new RecommendQuery { UserId = "anna" });
        now = new UserState(FeatureSet.None, ["i1", "i4", "i0"]);
        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna" });

        Assert.Equal(Rung.UserTower, reply.ServedBy);
        Assert.Equal(2, ((MeanTower)world.Tower).Calls);
    }

    [Fact]
    public async Task Recommend_WhenTheRequestAddsToTheState_NeitherReadsNorFillsTheCache()
    {
        var kept = new DictionaryCache();
        var world = new World(cache: kept);

        await Ask(world, new RecommendQuery { UserId = "anna", RecentItemIds = ["i2"] });
        await Ask(world, new RecommendQuery { UserId = "anna", Context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("DE") } });
        await Ask(world, new RecommendQuery { RecentItemIds = ["i2"] });

        Assert.Empty(kept.Held);
        Assert.Equal(0, kept.Reads);
    }

    [Fact]
    public async Task Recommend_WithContextThatTheTowerDoesNotRead_UsesTheCache()
    {
        var world = new World(cache: new DictionaryCache());
        var query = new RecommendQuery { UserId = "anna", Context = new Dictionary<string, FeatureValue> { ["weather"] = FeatureValue.Of("rain") } };

        await Ask(world, query);

        Assert.Equal(Rung.CachedEmbedding, (await Ask(world, query)).ServedBy);
    }

    [Fact]
    public async Task Recommend_WhenTheCacheFails_RunsTheTower()
    {
        var world = new World(cache: new DictionaryCache { Read = () => throw new IOException("down") });

        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna" });

        Assert.Equal(Rung.UserTower, reply.ServedBy);
        Assert.Empty(reply.Degraded);
    }

    [Fact]
    public async Task Recommend_WhenStateAndCacheAreSlow_WaitsForBothTogetherNoLongerThanTheBudget()
    {
        var state = new TaskCompletionSource<UserLookup>();
        int reads = 0;
        var world = new World(
            states: new ScriptedStates(_ => new(state.Task)),
            cache: new DictionaryCache
            {
                Read = () =>
                {
                    Interlocked.Increment(ref reads);
                    return new(new TaskCompletionSource<bool>().Task);
                },
            });
        TimeSpan budget = world.Options.UserStateBudget;

        ValueTask<RecommendReply> pending = world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna" }, CancellationToken.None);
        world.Time.Advance(budget / 2);
        state.SetResult(new UserLookup(Anna));
        Assert.False(pending.IsCompleted);
        // The cache is asked, and waited for, on another thread.
        for (int tries = 0; (reads == 0 || world.Time.ActiveTimers == 0) && tries < 3_000; tries++)
            await Task.Delay(10);
        world.Time.Advance(budget / 2);

        Assert.Equal(Rung.UserTower, (await pending).ServedBy);
    }

    [Fact]
    public async Task Recommend_WhenTheBudgetIsSpent_StillUsesWhatTheProcessHolds()
    {
        var kept = new DictionaryCache();
        kept.Set("space", World.Keys.Of("anna").Key, Anna.Stamp, [1, 0, 0]);
        var world = new World(states: new ScriptedStates(_ => new(new TaskCompletionSource<UserLookup>().Task), held: Anna), cache: kept);

        ValueTask<RecommendReply> pending = world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna" }, CancellationToken.None);
        world.Time.Advance(world.Options.UserStateBudget);

        Assert.Equal(Rung.CachedEmbedding, (await pending).ServedBy);
    }

    [Theory]
    [InlineData(StoreFailure.Unavailable, DegradationReason.Unavailable)]
    [InlineData(StoreFailure.Connection, DegradationReason.Unavailable)]
    [InlineData(StoreFailure.Timeout, DegradationReason.Timeout)]
    [InlineData(StoreFailure.Refused, DegradationReason.Failed)]
    [InlineData(StoreFailure.Corrupt, DegradationReason.Failed)]
    public async Task Recommend_WhenTheStoreFails_UsesWhatIsHeldAndSaysSo(StoreFailure failure, DegradationReason label)
    {
        var world = new World(states: new ScriptedStates(_ => new(new UserLookup(Anna, failure))));

        RecommendReply reply = await Ask(world, new RecommendQuery { UserId = "anna" });

        Assert.Equal(Rung.UserTower, reply.ServedBy);
        Assert.Equal((Components.UserState, label), (Assert.Single(reply.Degraded).Component, reply.Degraded[0].Reason));
    }

    [Fact]
    public async Task Recommend_WhenTheStoreHangs_UsesWhatIsHeld()
    {
        var world = new World(states: new ScriptedStates(_ => new(new TaskCompletionSource<UserLookup>().Task), held: Anna));

        ValueTask<RecommendReply> pending = world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { UserId = "anna" }, CancellationToken.None);
        world.Time.Advance(world.Options.UserStateBudget);

        Assert.Equal(Rung.UserTower, (await pending).ServedBy);
    }

    private static ValueTask<RecommendReply> Ask(World world, RecommendQuery query) => world.Pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);

    /// <summary>A cache that keeps everything.</summary>
    private sealed class DictionaryCache : IUserEmbeddings
    {
        public Dictionary<(string Space, UserKey User, ulong Stamp), float[]> Held { get; } = [];

        public int Reads { get; private set; }

        /// <summary>When set, answers in place of the cache.</summary>
        public Func<ValueTask<bool>>? Read { get; init; }

        public ValueTask<bool> TryGetAsync(string space, UserKey user, ulong stamp, Memory<float> embedding, CancellationToken cancellationToken)
        {
            Reads++;
            if (Read is not null)
                return Read();
            bool found = Held.TryGetValue((space, user, stamp), out float[]? values);
            values?.CopyTo(embedding);
            return new(found);
        }

        public void Set(string space, UserKey user, ulong stamp, ReadOnlySpan<float> embedding) => Held[(space, user, stamp)] = embedding.ToArray();
    }
}
