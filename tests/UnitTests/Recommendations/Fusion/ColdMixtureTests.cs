using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage.Embeddings;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Storage;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

/// <summary>Users of whom little is known, in the shop of <see cref="World"/>: a bundle with towers and profiles and no fused model.</summary>
public sealed class ColdMixtureTests
{
    private static readonly Dictionary<string, FeatureValue> Germany = new() { ["country"] = FeatureValue.Of("DE") };

    private readonly StorageWorld _storage = new();
    private readonly World _world;
    private readonly Snapshot _snapshot;
    private int _events;

    public ColdMixtureTests()
    {
        _world = new World(states: _storage.States);
        _snapshot = Cold(_world);
    }

    [Fact]
    public async Task Recommend_AfterAClick_MovesTheListAtOnce()
    {
        Assert.Equal(Rung.Popularity, (await Ask("cleo")).ServedBy);

        Record("cleo", "i11", InteractionType.Click);
        RecommendReply first = await Ask("cleo");
        Record("cleo", "i10", InteractionType.Click);
        RecommendReply second = await Ask("cleo");

        Assert.Equal((Rung.UserTower, "i8"), (first.ServedBy, first.Items[0].ItemId)); // i8 is the other item that the cluster of i11 lists
        Assert.True(PlaceOf("i7", second) < PlaceOf("i7", first), "The cluster of i10 lists i7, too.");
        Assert.Empty(second.Degraded);
    }

    [Fact]
    public async Task Recommend_AfterSkips_MovesAwayFromTheClustersThatListThem()
    {
        Record("cleo", "i11", InteractionType.Skip);
        Record("cleo", "i8", InteractionType.Skip);
        RecommendReply reply = await Ask("cleo", World.Items);
        Record("dora", "i10", InteractionType.Skip);
        Record("dora", "i7", InteractionType.Skip);
        RecommendReply other = await Ask("dora", World.Items);

        Assert.NotEqual(Rung.Popularity, reply.ServedBy);
        Assert.True(PlaceOf("i10", reply) < PlaceOf("i8", reply), string.Join(' ', reply.Items.Select(item => item.ItemId)));
        Assert.True(PlaceOf("i10", other) > PlaceOf("i8", other), string.Join(' ', other.Items.Select(item => item.ItemId)));
    }

    [Fact]
    public async Task Recommend_AfterASkipThatIsLongAgo_IsAlmostAsIfItHadNotBeen()
    {
        Record("cleo", "i4", InteractionType.Click);
        float[] without = Scores(await Ask("cleo", World.Items));
        Record("cleo", "i8", InteractionType.Skip);
        float[] fresh = Scores(await Ask("cleo", World.Items));
        _world.Time.Advance(TimeSpan.FromDays(30));
        float[] faded = Scores(await Ask("cleo", World.Items));

        Assert.NotEqual(without, fresh);
        Assert.Equal(without, faded);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recommend_AfterAClickOnAnItemThatWasPassedOver_CountsTheClickAlone(bool clickComesFirst)
    {
        DateTimeOffset now = _world.Time.GetUtcNow();
        Record("cleo", "i11", InteractionType.Click);
        Record("dora", "i11", InteractionType.Click, now.AddMinutes(clickComesFirst ? -1 : 1));
        Record("dora", "i11", InteractionType.Skip, now);

        Assert.Equal(Scores(await Ask("cleo")), Scores(await Ask("dora")));
    }

    [Fact]
    public async Task Recommend_WhateverOrderEventsArriveIn_IsTheSame()
    {
        DateTimeOffset now = _world.Time.GetUtcNow();
        (string Item, InteractionType Type, int Minute)[] events = [("i1", InteractionType.Click, 1), ("i8", InteractionType.Skip, 2), ("i10", InteractionType.Click, 3), ("i11", InteractionType.Skip, 4)];
        foreach ((string item, InteractionType type, int minute) in events)
            Record("cleo", item, type, now.AddMinutes(-10 + minute));
        foreach ((string item, InteractionType type, int minute) in events.Reverse())
            Record("dora", item, type, now.AddMinutes(-10 + minute));

        RecommendReply cleo = await Ask("cleo"), dora = await Ask("dora");

        Assert.Equal(cleo.Items.Select(item => (item.ItemId, item.Score)), dora.Items.Select(item => (item.ItemId, item.Score)));
    }

    [Fact]
    public async Task Recommend_FromTheTenthEventOn_IsTheTowersAnswer()
    {
        var world = new World(version: "2");
        Snapshot large = Cold(world, few: 3);

        RecommendReply two = await world.Pipeline.RecommendAsync(large, new RecommendQuery { RecentItemIds = ["i1", "i4"] }, default);
        RecommendReply three = await world.Pipeline.RecommendAsync(large, new RecommendQuery { RecentItemIds = ["i1", "i4", "i7"] }, default);
        RecommendReply ladder = await world.Pipeline.RecommendAsync(world.Snapshot, new RecommendQuery { RecentItemIds = ["i1", "i4", "i7"] }, default);
        RecommendReply twice = await world.Pipeline.RecommendAsync(large, new RecommendQuery { RecentItemIds = ["i1", "i4", "i1"] }, default);

        Assert.Contains(two.Items, item => item.Source == Sources.ClusterProfile);
        Assert.Equal(ladder.Items.Select(item => (item.ItemId, item.Score)), three.Items.Select(item => (item.ItemId, item.Score)));
        Assert.Contains(twice.Items, item => item.Source == Sources.ClusterProfile); // an item counts once
    }

    [Fact]
    public async Task Recommend_WithTheMixtureOff_IsTheLadder()
    {
        Snapshot off = Cold(_world, few: 0);

        RecommendReply reply = await _world.Pipeline.RecommendAsync(off, new RecommendQuery { RecentItemIds = ["i2"], Limit = 3 }, default);

        Assert.Equal(["i5", "i8", "i11"], reply.Items.Select(item => item.ItemId));
        Assert.All(reply.Items, item => Assert.Equal(Sources.Towers, item.Source));
    }

    [Fact]
    public async Task Recommend_WithoutContextAfterOneWithIt_StillKnowsWhatItSaid()
    {
        using var contexts = new Contexts(_storage);
        RecommendReply with = await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo", Context = Germany });
        RecommendReply later = await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo" });
        RecommendReply stranger = await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "dora" });

        Assert.Equal(with.Items.Select(item => item.ItemId), later.Items.Select(item => item.ItemId));
        Assert.Equal(Rung.Popularity, stranger.ServedBy);
        Assert.Empty(later.Degraded);
    }

    [Fact]
    public async Task Recommend_WithTheSameContextAgain_WritesNothing()
    {
        using var contexts = new Contexts(_storage);
        for (int i = 0; i < 3; i++)
            await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo", Context = Germany });
        Assert.Equal(1, contexts.Writes);

        await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo", Context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("FR") } });
        await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo", Context = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("Atlantis") } });
        await contexts.Ask(_world, _snapshot, new RecommendQuery { Context = Germany });

        Assert.Equal(2, contexts.Writes);
    }

    [Fact]
    public async Task Recommend_WithMemoryOff_KeepsNothing()
    {
        using var contexts = new Contexts(_storage);
        Snapshot off = Cold(_world, remembers: false);

        await contexts.Ask(_world, off, new RecommendQuery { UserId = "cleo", Context = Germany });

        Assert.Equal(0, contexts.Writes);
    }

    [Fact]
    public async Task Recommend_AfterTheUserWasForgotten_KnowsNothing()
    {
        using var contexts = new Contexts(_storage);
        await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo", Context = Germany });
        contexts.Kept.Forget(World.Keys.Of("cleo").Key);

        RecommendReply later = await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo" });

        Assert.Equal(Rung.Popularity, later.ServedBy);
    }

    [Fact]
    public async Task Recommend_LongAfterAContext_IsBackAtThePrior()
    {
        using var contexts = new Contexts(_storage);
        await contexts.Ask(_world, _snapshot, new RecommendQuery { UserId = "cleo", Context = Germany });
        float[] lifts = new float[2];
        Assert.True(contexts.Kept.TryGetHeld("shop/1", World.Keys.Of("cleo").Key, lifts, out TimeSpan age));
        Assert.True(age < TimeSpan.FromHours(1));
        Assert.Equal([3f, -3f], lifts);

        _storage.Time.Advance(TimeSpan.FromDays(14)); // two half-lives
        Assert.True(contexts.Kept.TryGetHeld("shop/1", World.Keys.Of("cleo").Key, lifts, out age));
        Assert.Equal(14, age.TotalDays, 0.1);
        Assert.False(contexts.Kept.TryGetHeld("shop/2", World.Keys.Of("cleo").Key, lifts, out _)); // other clusters
        _storage.Time.Advance(TimeSpan.FromDays(17));
        Assert.False(contexts.Kept.TryGetHeld("shop/1", World.Keys.Of("cleo").Key, lifts, out _));
    }

#if !DEBUG
    [Fact]
    public async Task Recommend_WhenWarm_AllocatesNothingForSkips()
    {
        for (int i = 0; i < 40; i++)
            Record("cleo", $"i{i % 6}", i % 6 == 5 ? InteractionType.Click : InteractionType.Skip);
        Record("dora", "i5", InteractionType.Click);
        using var contexts = new Contexts(_storage);

        Assert.InRange(await BytesOf("cleo") - await BytesOf("dora"), -16, 16);

        async Task<long> BytesOf(string user)
        {
            var query = new RecommendQuery { UserId = user };
            for (int i = 0; i < 300; i++)
                await contexts.Ask(_world, _snapshot, query);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 300; i++)
            {
                ValueTask<RecommendReply> call = contexts.Ask(_world, _snapshot, query);
                Assert.True(call.IsCompletedSuccessfully); // so all of it was allocated on this thread
            }

            return (GC.GetAllocatedBytesForCurrentThread() - before) / 300;
        }
    }
#endif

    private static int PlaceOf(string item, RecommendReply reply) => reply.Items.Select(shown => shown.ItemId).ToList().IndexOf(item);

    private static float[] Scores(RecommendReply reply) => [.. reply.Items.Select(item => item.Score)];

    private void Record(string user, string item, InteractionType type, DateTimeOffset? time = null) =>
        Assert.Equal(1, _storage.Record(new UserEvent($"event {++_events}", World.Keys.Of(user), item, type, time ?? _storage.Time.GetUtcNow().AddMicroseconds(_events))).Recorded);

    private Task<RecommendReply> Ask(string user, int limit = 10) => _world.Pipeline.RecommendAsync(_snapshot, new RecommendQuery { UserId = user, Limit = limit }, default).AsTask();

    internal static Snapshot Cold(World world, int few = 10, bool remembers = true)
    {
        var vectors = new float[World.Items * 3];
        for (int row = 0; row < World.Items; row++)
            Assert.True(world.Snapshot.Index.TryCopyVector(row, vectors.AsSpan(row * 3, 3)));
        TowerItems items = TowerItems.Of(new ExactIndex(VectorMatrix.Create(vectors, 3), Metric.InnerProduct));
        Snapshot parts = world.Snapshot;
        var options = new FusionOptions { FewEvents = few, RememberContext = remembers };
        return new Snapshot(parts.Model, parts.Items, parts.Index, parts.UserTower, null, parts.BundlePopularity, parts.Profiles)
        {
            ColdFusion = new FusedScorer(ColdMixture.Of(items, parts.Profiles!, parts.BundlePopularity), options),
        };
    }

    /// <summary>A pipeline that remembers contexts in this process, and counts what is written.</summary>
    private sealed class Contexts(StorageWorld storage) : IContextMemory, IDisposable
    {
        private RecommendationPipeline? _pipeline;

        public RememberedContexts Kept { get; } = new(storage.Options, null, storage.Metrics, storage.Time);

        public int Writes { get; private set; }

        public ValueTask<RecommendReply> Ask(World world, Snapshot snapshot, RecommendQuery query)
        {
            _pipeline ??= new RecommendationPipeline(
                world.States, null, World.Keys, world.Options, new RecommendationMetrics(world.Meters), world.Time, NullLoggerFactory.Instance, contexts: this);
            return _pipeline.RecommendAsync(snapshot, query, CancellationToken.None);
        }

        public bool TryGetHeld(string model, UserKey user, Span<float> lifts, out TimeSpan age) => Kept.TryGetHeld(model, user, lifts, out age);

        public ValueTask<TimeSpan?> TryGetAsync(string model, UserKey user, Memory<float> lifts, CancellationToken cancellationToken) => Kept.TryGetAsync(model, user, lifts, cancellationToken);

        public void Set(string model, UserKey user, ReadOnlySpan<float> lifts)
        {
            Writes++;
            Kept.Set(model, user, lifts);
        }

        public void Dispose() => Kept.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
