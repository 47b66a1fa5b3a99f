using Inference.Storage.Counters;
using Xunit;

namespace UnitTests.Storage.Counters;

public class FadingCountersTests
{
    [Fact]
    public void Counts_HalveOncePerHalfLife_AndGoInTheEnd()
    {
        var world = new StorageWorld(options => options.PopularityHalfLife = TimeSpan.FromDays(7));
        world.Counters.Add("shown", "a", 100, world.Time.GetUtcNow());
        double first = world.Counters.Read("shown")["a"];

        world.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal(first / 2, world.Counters.Read("shown")["a"], first * 0.06);
        world.Time.Advance(TimeSpan.FromDays(14));
        Assert.Equal(first / 8, world.Counters.Read("shown")["a"], first * 0.02);
        world.Time.Advance(TimeSpan.FromDays(15));

        Assert.Empty(world.Counters.Read("shown"));
    }

    [Fact]
    public void Counts_ThatAreOldOrAhead_AreIgnoredOrOfNow()
    {
        var world = new StorageWorld();
        world.Counters.Add("shown", "old", 1, world.Time.GetUtcNow() - TimeSpan.FromDays(40));
        world.Counters.Add("shown", "oldest", 1, DateTimeOffset.MinValue);
        world.Counters.Add("shown", "endless", double.PositiveInfinity, world.Time.GetUtcNow());
        world.Counters.Add("shown", "ahead", 1, world.Time.GetUtcNow() + TimeSpan.FromDays(40));
        world.Counters.Add("shown", "half", 1, world.Time.GetUtcNow() - TimeSpan.FromDays(7));

        IReadOnlyDictionary<string, double> counts = world.Counters.Read("shown");

        Assert.Equal(["ahead", "half"], counts.Keys.Order());
        Assert.Equal(0.5, counts["half"] / counts["ahead"], 0.06);
        Assert.Empty(world.Counters.Read("gained"));
    }

    [Fact]
    public void Counts_TakenBack_AreGone()
    {
        var world = new StorageWorld();
        world.Counters.Add("shown", "a", 4, world.Time.GetUtcNow());
        world.Counters.Add("shown", "a", -4, world.Time.GetUtcNow());

        Assert.Empty(world.Counters.Read("shown"));
    }

    [Fact]
    public void Table_WithTooManyMembers_DropsThoseThatCountLeast()
    {
        var table = new CountTable(most: 80);
        for (int i = 0; i < 200; i++)
            table.Add($"m{i}", 1, i < 10 ? 100 : 1);
        Assert.Equal((80, 120), (table.Members, table.Lost));

        Dictionary<string, double> sums = table.Read(0, _ => 1);

        Assert.Equal(80, sums.Count);
        Assert.Equal(60, table.Members);
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(100, table.Read(0, _ => 1)[$"m{i}"]));
    }

    [Fact]
    public void Table_BelievesTheStore_ButKeepsWhatTheStoreCannotHaveYet()
    {
        var table = new CountTable(most: 100);
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        table.Add("a", 1, 5);
        Assert.Equal(5, Assert.Single(Assert.Single(table.TakePending()).Value).Amount);
        table.Add("a", 1, 2);
        table.Hear("b", 1, 3, now);
        table.Hear("c", 1, 3, now - TimeSpan.FromMinutes(1));

        table.Replace(1, new Dictionary<string, double> { ["a"] = 50, ["d"] = 7 }, now);

        Assert.Equal([("a", 52.0), ("b", 3.0), ("d", 7.0)], table.Read(0, _ => 1).Select(count => (count.Key, count.Value)).Order());
        table.PutBack(1, [("a", 5)]);
        Assert.Equal(52, table.Read(0, _ => 1)["a"]);
        Assert.Equal(7, Assert.Single(Assert.Single(table.TakePending()).Value).Amount);
    }
}
