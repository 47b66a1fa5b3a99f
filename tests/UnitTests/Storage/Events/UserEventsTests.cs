using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Events;
using Inference.Storage.Users;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Storage.Events;

public class UserEventsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void EventsAndForgettings_ByChance_GiveWhatAPlainModelGives(int seed)
    {
        var random = new Random(seed);
        var world = new StorageWorld(options =>
        {
            options.MaxHistory = 12;
            options.ForgottenFor = TimeSpan.FromHours(1);
        });
        var model = new Model(12);
        var bundle = new UserState(Inference.Recommendations.Features.FeatureSet.None, ["bundled"]);
        world.States.ReplaceBundle([new(StorageWorld.User(0).Key, bundle), new(StorageWorld.User(1).Key, bundle)]);
        for (int step = 0; step < 3_000; step++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(random.Next(60)));
            int user = random.Next(-1, 8);
            switch (random.Next(20))
            {
                case 0 when user >= 0:
                    world.Forget(user);
                    model.Forget(user, world.Time.GetUtcNow() + TimeSpan.FromHours(1));
                    break;
                default:
                    UserEvent[] events = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => world.Event(
                        user, $"i{random.Next(50)}", (InteractionType)random.Next(1, 7), $"e{random.Next(4_000)}", world.Time.GetUtcNow() - TimeSpan.FromSeconds(random.Next(3) * random.Next(300))))];
                    Assert.Equal(model.Record(user, events, world.Time.GetUtcNow()), world.Record(events));
                    break;
            }

            for (int other = 0; other < 8; other++)
            {
                string[]? expected = model.HistoryOf(other, world.Time.GetUtcNow(), other < 2 ? bundle : null);
                Assert.Equal(expected, world.Find(other)?.History);
            }
        }
    }

    [Fact]
    public void Events_OfManyThreads_AreRecordedOnceEach()
    {
        var world = new StorageWorld(options => options.MaxHistory = 10_000);
        UserEvent[] events = [.. Enumerable.Range(0, 4_000).Select(i => world.Event(i % 5, $"i{i}", InteractionType.View))];
        int recorded = 0, duplicates = 0;

        Parallel.For(0, 4, thread =>
        {
            var order = (UserEvent[])events.Clone();
            new Random(thread).Shuffle(order);
            foreach (UserEvent[] part in order.Chunk(16))
            {
                RecordedEvents counts = world.Record(part);
                Interlocked.Add(ref recorded, counts.Recorded);
                Interlocked.Add(ref duplicates, counts.Duplicates);
                world.Find((int)part[0].User.Key.Low - 1);
            }
        });

        Assert.Equal((4_000, 12_000), (recorded, duplicates));
        for (int user = 0; user < 5; user++)
            Assert.Equal(events.Where(item => item.User == StorageWorld.User(user)).Select(item => item.ItemId).Order(), world.Find(user)!.History.Order());
        Assert.Equal(4_000, world.Counts("popularity").Values.Sum(), 400.0);
    }

    [Fact]
    public void Exposure_CountsClicksAndSkipsOfSlates()
    {
        var world = new StorageWorld();
        foreach (InteractionType type in Enum.GetValues<InteractionType>())
            world.Record(world.Event(1, "shown", type));

        double shown = world.Counts("shown").GetValueOrDefault("shown"), clicked = world.Counts("clicked").GetValueOrDefault("shown");

        Assert.Equal(2 * clicked, shown, 1e-9);
        Assert.InRange(clicked, 0.9, 1);
    }

    [Fact]
    public void Popularity_IsWeighedByType_AndSkipsCountNothing()
    {
        var world = new StorageWorld();
        foreach (InteractionType type in Enum.GetValues<InteractionType>())
            world.Record(world.Event(1, $"{type}", type), world.Event(-1, $"{type}", type));

        double view = world.Popularity("View");
        Assert.InRange(view, 1.8, 2);
        Assert.Equal([2.0, 4, 8, 4], new[] { "Click", "Cart", "Purchase", "Like" }.Select(type => Math.Round(world.Popularity(type) / view, 6)));
        Assert.Equal(0, world.Popularity("Skip"));
    }

    [Fact]
    public void Forgotten_AreDroppedElsewhereToo_AndMayComeBackInTime()
    {
        var world = new StorageWorld(options => options.ForgottenFor = TimeSpan.FromDays(1));
        world.Record(world.Event(1, "a"));
        world.Forget(1);

        Assert.Equal([StorageWorld.User(1).Key], world.Dropped);
        Assert.True(world.States.IsForgotten(StorageWorld.User(1).Key));
        Assert.Equal(new RecordedEvents(0, 0, 1, 0), world.Record(world.Event(1, "late")));
        world.Time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(new RecordedEvents(1, 0, 0, 0), world.Record(world.Event(1, "b")));
        Assert.Equal(["b"], world.Find(1)!.History);
    }

    [Fact]
    public void Tombstones_AreBounded_TheOldestGoes()
    {
        var time = new ManualTime();
        var tombstones = new Tombstones(TimeSpan.FromDays(1), time, most: 3);
        for (int i = 0; i < 5; i++)
            tombstones.Add(StorageWorld.User(i).Key);
        tombstones.Add(StorageWorld.User(4).Key);

        Assert.Equal([false, false, false, true, true], Enumerable.Range(0, 5).Select(i => tombstones.Holds(StorageWorld.User(i).Key)));
        Assert.Equal(3, tombstones.Lost);
        time.Advance(TimeSpan.FromDays(1));
        Assert.False(tombstones.Holds(StorageWorld.User(4).Key));
        tombstones.Add(StorageWorld.User(9).Key);
        Assert.Equal((1, 3), (tombstones.Count, tombstones.Lost));
    }

    [Fact]
    public void SeenEvents_AreBounded_AndRememberTheLatest()
    {
        var seen = new SeenEvents();
        UserKey user = StorageWorld.User(1).Key;
        var random = new Random(1);
        ulong[] keys = [.. Enumerable.Range(0, 300_000).Select(_ => (ulong)random.NextInt64())];
        Assert.All(keys, key => Assert.True(seen.TryAdd(user, key)));

        Assert.All(keys[^50_000..], key => Assert.False(seen.TryAdd(user, key)));
        Assert.True(seen.TryAdd(StorageWorld.User(2).Key, keys[^1]));
        Assert.True(seen.TryAdd(user, keys[0]));
        seen.Remove(user, keys[^1]);
        Assert.True(seen.TryAdd(user, keys[^1]));
    }

    /// <summary>What recording and forgetting mean, without bounds, caches or tricks.</summary>
    private sealed class Model(int most)
    {
        private readonly HashSet<(int, string)> _seen = [];
        private readonly Dictionary<int, List<UserEvent>> _kept = [];
        private readonly Dictionary<int, DateTimeOffset> _forgottenUntil = [];

        public void Forget(int user, DateTimeOffset until)
        {
            _kept.Remove(user);
            _forgottenUntil[user] = until;
        }

        public RecordedEvents Record(int user, UserEvent[] events, DateTimeOffset now)
        {
            var counts = new RecordedEvents();
            foreach (UserEvent item in events)
            {
                if (user >= 0 && IsForgotten(user, now))
                {
                    counts = counts with { Refused = counts.Refused + 1 };
                }
                else if (!_seen.Add((user, item.EventId)))
                {
                    counts = counts with { Duplicates = counts.Duplicates + 1 };
                }
                else
                {
                    counts = counts with { Recorded = counts.Recorded + 1 };
                    if (user >= 0)
                        (_kept.TryGetValue(user, out List<UserEvent>? kept) ? kept : _kept[user] = []).Add(item);
                }
            }

            return counts;
        }

        public string[]? HistoryOf(int user, DateTimeOffset now, UserState? bundle)
        {
            if (IsForgotten(user, now))
                return null;
            if (!_kept.TryGetValue(user, out List<UserEvent>? kept))
                return bundle is null ? null : [.. bundle.History];
            return
            [
                .. bundle?.History ?? [],
                .. kept.OrderBy(item => item.Time).ThenBy(item => item.EventKey).TakeLast(most).Where(item => item.Type != InteractionType.Skip).Select(item => item.ItemId),
            ];
        }

        private bool IsForgotten(int user, DateTimeOffset now) => _forgottenUntil.TryGetValue(user, out DateTimeOffset until) && until > now;
    }
}
