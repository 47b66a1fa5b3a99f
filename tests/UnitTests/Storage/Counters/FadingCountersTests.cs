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
        double first = world.Counts("shown")["a"];

        world.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal(first / 2, world.Counts("shown")["a"], first * 0.06);
        world.Time.Advance(TimeSpan.FromDays(14));
        Assert.Equal(first / 8, world.Counts("shown")["a"], first * 0.02);
        world.Time.Advance(TimeSpan.FromDays(15));

        Assert.Empty(world.Counts("shown"));
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

        Dictionary<string, double> counts = world.Counts("shown");

        Assert.Equal(["ahead", "half"], counts.Keys.Order());
        Assert.Equal(0.5, counts["half"] / counts["ahead"], 0.06);
        Assert.Empty(world.Counts("gained"));
    }

    [Fact]
    public void Counts_TakenBack_AreGone()
    {
        var world = new StorageWorld();
        world.Counters.Add("shown", "a", 4, world.Time.GetUtcNow());
        world.Counters.Add("shown", "a", -4, world.Time.GetUtcNow());

        Assert.Empty(world.Counts("shown"));
    }
}
