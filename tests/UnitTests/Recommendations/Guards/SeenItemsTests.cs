using Inference.Recommendations.Features;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Users;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Guards;

public sealed class SeenItemsTests
{
    private readonly World _world = new();

    [Fact]
    public void Of_ByDefault_IsTheWholeHistory()
    {
        int[] history = [1, 4, 7];

        using HeldRows held = Of(new GuardOptions(), User(["i1"], (4, InteractionType.View, 100), (7, InteractionType.Skip, 1), (7, InteractionType.Skip, 1)), history);

        Assert.Equal(history, held.Seen.ToArray());
        Assert.Equal(0, held.Capped.Length);
    }

    [Theory]
    [InlineData(InteractionType.View)]
    [InlineData(InteractionType.Click)]
    [InlineData(InteractionType.Cart)]
    [InlineData(InteractionType.Purchase)]
    [InlineData(InteractionType.Like)]
    public void Of_WithATimeForOneType_LetsGoOfItAfterwards(InteractionType type)
    {
        var options = new GuardOptions();
        TimeSpan two = TimeSpan.FromHours(2);
        switch (type)
        {
            case InteractionType.View: options.SeenAfterView = two; break;
            case InteractionType.Click: options.SeenAfterClick = two; break;
            case InteractionType.Cart: options.SeenAfterCart = two; break;
            case InteractionType.Purchase: options.SeenAfterPurchase = two; break;
            default: options.SeenAfterLike = two; break;
        }

        InteractionType other = type == InteractionType.View ? InteractionType.Click : InteractionType.View;
        using HeldRows held = Of(options, User(["i1"], (4, type, 3), (5, other, 3), (6, type, 1), (8, InteractionType.Skip, 0)), [1, 4, 5, 6]);

        Assert.Equal([1, 5, 6], held.Seen.ToArray().Order());
    }

    [Fact]
    public void Of_WhereSeveralWereDone_LeavesOutAsLongAsAnyOfThemDoes()
    {
        var options = new GuardOptions { SeenAfterView = TimeSpan.Zero };

        using HeldRows held = Of(options, User([], (4, InteractionType.Purchase, 300), (4, InteractionType.View, 1), (5, InteractionType.View, 0)), [4, 4, 5]);

        Assert.Equal([4], held.Seen.ToArray());
    }

    [Fact]
    public void Of_WithItemsOfTheRequest_LeavesThemOut()
    {
        var options = new GuardOptions { SeenAfterView = TimeSpan.Zero };

        using HeldRows held = Of(options, User(["i1", "nothing"], (4, InteractionType.View, 1)), [1, 4, 9], recent: ["i9", "nobody"]);

        Assert.Equal([1, 9], held.Seen.ToArray());
    }

    [Fact]
    public void Of_WithIncludeSeen_LeavesOutNothingSeen()
    {
        var options = new GuardOptions { SeenAfterView = TimeSpan.FromHours(1), ShownAtMost = 1 };

        using HeldRows held = Of(options, User(["i1"], (4, InteractionType.Purchase, 1), (5, InteractionType.Skip, 1)), [1, 4], includeSeen: true);

        Assert.Equal(0, held.Seen.Length);
        Assert.Equal([5], held.Capped.ToArray());
    }

    [Fact]
    public void Of_WithACap_HoldsWhatWasShownOftenEnoughWithinTheWindow()
    {
        var options = new GuardOptions { ShownAtMost = 2, ShownWithin = TimeSpan.FromHours(5) };
        UserState user = User(
            [], (2, InteractionType.Skip, 9), (2, InteractionType.Skip, 1), // once within the window
            (3, InteractionType.Skip, 4), (3, InteractionType.Skip, 4), // twice
            (6, InteractionType.Skip, 3), (6, InteractionType.Skip, 3), (6, InteractionType.Click, 2), (6, InteractionType.Skip, 1), // once since the click
            (7, InteractionType.Click, 4), (7, InteractionType.Skip, 3), (7, InteractionType.Skip, 2)); // twice since

        using HeldRows held = Of(options, user, [6, 7]);

        Assert.Equal([6, 7], held.Seen.ToArray());
        Assert.Equal([3, 7], held.Capped.ToArray());
    }

    [Fact]
    public void Of_OnceTheWindowHasPassed_LetsGo()
    {
        var options = new GuardOptions { ShownAtMost = 1, ShownWithin = TimeSpan.FromHours(1) };
        UserState user = User([], (2, InteractionType.Skip, 0));
        using (HeldRows held = Of(options, user, []))
            Assert.Equal([2], held.Capped.ToArray());

        _world.Time.Advance(TimeSpan.FromHours(1));

        using HeldRows later = Of(options, user, []);
        Assert.Equal(0, later.Capped.Length);
    }

    [Fact]
    public void Of_OverRandomUsers_IsWhatCountingSays()
    {
        var random = new Random(3);
        var types = Enum.GetValues<InteractionType>();
        for (int round = 0; round < 500; round++)
        {
            var options = new GuardOptions
            {
                ShownAtMost = random.Next(1, 4), ShownWithin = TimeSpan.FromHours(random.Next(1, 30)), SeenAfterView = TimeSpan.FromHours(random.Next(10)), SeenAfterClick = TimeSpan.FromHours(random.Next(30)),
            };
            (int Item, InteractionType Type, double Hours)[] done =
                [.. Enumerable.Range(0, random.Next(40)).Select(_ => (random.Next(World.Items), types[random.Next(types.Length)], Math.Round(random.NextDouble() * 40, 3))).OrderByDescending(one => one.Item3)];
            UserState user = User(["i11"], done);
            TimeSpan LeftOut(InteractionType type) => type switch { InteractionType.View => options.SeenAfterView, InteractionType.Click => options.SeenAfterClick, _ => GuardOptions.Always };
            IEnumerable<int> seen = done.Where(one => one.Type != InteractionType.Skip && TimeSpan.FromHours(one.Hours) < LeftOut(one.Type)).Select(one => one.Item).Append(11).Distinct().Order();
            IEnumerable<int> capped = Enumerable.Range(0, World.Items).Where(item =>
                done.Reverse().Where(one => one.Item == item).TakeWhile(one => one.Type == InteractionType.Skip).Count(one => TimeSpan.FromHours(one.Hours) < options.ShownWithin) >= options.ShownAtMost);

            using HeldRows held = Of(options, user, []);

            Assert.Equal(done.Length == 0 ? [] : seen, held.Seen.ToArray().Distinct().Order());
            Assert.Equal(capped, held.Capped.ToArray());
        }
    }

#if !DEBUG
    [Fact]
    public void Of_WhenWarm_AllocatesNothing()
    {
        var guard = new SeenItems(new GuardOptions { ShownAtMost = 2, SeenAfterView = TimeSpan.FromHours(3) }, _world.Time);
        UserState user = User(["i1"], [.. Enumerable.Range(0, 50).Select(i => (i % World.Items, i % 3 == 0 ? InteractionType.View : InteractionType.Skip, 50.0 - i))]);
        for (int i = 0; i < 100; i++)
            guard.Of(_world.Snapshot.Items, user, [], default, includeSeen: false).Dispose();

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                guard.Of(_world.Snapshot.Items, user, [], default, includeSeen: false).Dispose();
        }));
    }
#endif

    private HeldRows Of(GuardOptions options, UserState user, int[] history, string[]? recent = null, bool includeSeen = false) =>
        new SeenItems(options, _world.Time).Of(_world.Snapshot.Items, user, recent ?? [], history, includeSeen);

    /// <param name="bundle">What the bundle says of the user.</param>
    /// <param name="done">Item, what was done, and how many hours ago; latest last.</param>
    private UserState User(string[] bundle, params (int Item, InteractionType Type, double Hours)[] done)
    {
        Interaction[] interactions = [.. done.Select((one, i) => new Interaction((ulong)i, $"i{one.Item}", one.Type, _world.Time.GetUtcNow() - TimeSpan.FromHours(one.Hours), 0))];
        return new UserState(FeatureSet.None, [.. bundle, .. interactions.Where(one => one.Type != InteractionType.Skip).Select(one => one.ItemId)], interactions);
    }
}
