using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage;
using Xunit;

namespace UnitTests.Storage.Users;

public class UserStatesTests
{
    private static readonly Dictionary<string, FeatureValue> Features = new() { ["city"] = FeatureValue.Of("Rome") };

    [Fact]
    public void Find_OfALayeredUser_HasTheBundlesFeaturesAndBothHistories()
    {
        var world = new StorageWorld();
        world.States.ReplaceBundle([new(StorageWorld.User(1).Key, new UserState(Features, ["old"]))]);
        world.Record(world.Event(1, "a"), world.Event(1, "b", InteractionType.Skip), world.Event(1, "c"));

        UserState state = world.Find(1)!;

        Assert.Same(Features, state.Features);
        Assert.Equal(["old", "a", "c"], state.History);
        Assert.Equal(["a", "b", "c"], state.Interactions.Select(item => item.ItemId));
        Assert.Same(state, world.Find(1));
        Assert.Same(state, world.States.Held(StorageWorld.User(1)));
    }

    [Fact]
    public void Find_OverABundleThatMakesItsStatesAnew_IsTheSameUntilTheBundleIsAnother()
    {
        using var items = new ItemCatalogue(["old", "a"], [null, null]);
        var world = new StorageWorld();
        world.States.ReplaceBundle(Bundle());
        world.Record(world.Event(0, "a"));

        UserState state = world.Find(0)!;

        Assert.Equal(["old", "a"], state.History);
        Assert.Same(state, world.Find(0));
        world.States.ReplaceBundle(Bundle());
        Assert.NotSame(state, world.Find(0));
        Assert.Equal(["old", "a"], world.Find(0)!.History);

        KeyedUsers Bundle()
        {
            var users = new StoredUsers(items);
            users.TryAdd("somebody", Features, [0], []);
            users.Trim();
            return new KeyedUsers(users, _ => StorageWorld.User(0).Key);
        }
    }

    [Fact]
    public void Find_AfterAnotherBundle_IsOverThatOne()
    {
        var world = new StorageWorld();
        world.States.ReplaceBundle([new(StorageWorld.User(1).Key, new UserState(Features, ["old"])), new(StorageWorld.User(2).Key, new UserState(Features, ["gone"]))]);
        world.Record(world.Event(1, "a"));
        Assert.Equal(["old", "a"], world.Find(1)!.History);

        world.States.ReplaceBundle([new(StorageWorld.User(1).Key, new UserState(FeatureSet.None, ["new"]))]);

        Assert.Equal(1, world.States.Count);
        Assert.Equal(["new", "a"], world.Find(1)!.History);
        Assert.Null(world.Find(2));
    }

    [Fact]
    public async Task Find_ForAVersion_IsOverItsOwnBundle_WhicheverIsActive()
    {
        var world = new StorageWorld();
        UserIdentity user = StorageWorld.User(1);
        world.States.ReplaceBundle([new(user.Key, new UserState(Features, ["active"]))]);
        world.States.AddBundle("shop/2", new Dictionary<UserKey, UserState> { [user.Key] = new UserState(FeatureSet.None, ["tried"]) }.ToFrozenDictionary());
        world.Record(world.Event(1, "a"));

        Assert.Equal(["tried", "a"], (await world.States.FindAsync(user with { Bundle = "shop/2" }, CancellationToken.None)).State!.History);
        Assert.Equal(["tried", "a"], world.States.Held(user with { Bundle = "shop/2" })!.History);
        Assert.Equal(["active", "a"], (await world.States.FindAsync(user with { Bundle = "shop/1" }, CancellationToken.None)).State!.History);
        Assert.Equal(["active", "a"], (await world.States.FindAsync(user, CancellationToken.None)).State!.History);

        world.States.RemoveBundle("shop/2");
        Assert.Equal(["active", "a"], (await world.States.FindAsync(user with { Bundle = "shop/2" }, CancellationToken.None)).State!.History);
    }

    [Fact]
    public async Task Find_OfUsersWithoutEvents_IsTheBundlesOwn_AndOfNobodyNothing()
    {
        var world = new StorageWorld();
        var bundled = new UserState(Features, ["old"]);
        world.States.ReplaceBundle([new(StorageWorld.User(1).Key, bundled)]);

        Assert.Same(bundled, world.Find(1));
        Assert.Null(world.Find(2));
        Assert.Null(world.States.Held(default));
        Assert.Equal(default, await world.States.FindAsync(default, default));
    }

    [Fact]
    public void State_EndsAfterItsLife_CountedFromTheLastEvent()
    {
        var world = new StorageWorld(options => options.UserTimeToLive = TimeSpan.FromDays(1));
        world.Record(world.Event(1, "a"));
        world.Time.Advance(TimeSpan.FromHours(20));
        world.Record(world.Event(1, "b"));
        world.Time.Advance(TimeSpan.FromHours(20));
        Assert.Equal(["a", "b"], world.Find(1)!.History);

        world.Time.Advance(TimeSpan.FromHours(5));

        Assert.Null(world.Find(1));
    }

    [Fact]
    public void Users_BeyondTheMemory_GoAndAreCounted()
    {
        var world = new StorageWorld(options => options.UserCacheBytes = 1 << 20);
        for (int user = 0; user < 5_000; user++)
            world.Record(world.Event(user, "an item"));

        CacheSummary states = Assert.Single(world.Metrics.Report().Caches, cache => cache.Name == "states");
        int kept = Enumerable.Range(0, 5_000).Count(user => world.Find(user) is not null);

        Assert.InRange(states.Bytes, 1 << 19, 1 << 20);
        Assert.Equal(5_000 - kept, states.Evictions);
        Assert.InRange(kept, 1_000, 4_999);
    }

    [Fact]
    public async Task Find_OfAHeldUser_AllocatesNothing()
    {
        var world = new StorageWorld();
        world.States.ReplaceBundle([new(StorageWorld.User(1).Key, new UserState(Features, ["old"]))]);
        world.Record(world.Event(1, "a"), world.Event(2, "a"));
        world.Forget(3);
        for (int user = 1; user < 5; user++)
            world.Find(user);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int found = 0;
        for (int i = 0; i < 1_000; i++)
        {
            for (int user = 1; user < 5; user++)
            {
                ValueTask<UserLookup> lookup = world.States.FindAsync(StorageWorld.User(user), CancellationToken.None);
                found += lookup.IsCompletedSuccessfully && (await lookup).State is not null ? 1 : 0;
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2_000, found);
    }
}
