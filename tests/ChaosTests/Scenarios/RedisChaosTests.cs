using Xunit;
using Xunit.Abstractions;

namespace ChaosTests.Scenarios;

/// <summary>Redis itself dies or stops.</summary>
public sealed class DeadRedisTests(ITestOutputHelper output) : RedisChaos(output)
{
    [SkippableTheory]
    [InlineData("killed")]
    [InlineData("replaced")]
    [InlineData("frozen")]
    [InlineData("silent")]
    [InlineData("refused")]
    public Task Recommend_GoesOn(string chaos) => SurviveAsync(chaos);
}

/// <summary>Redis is slow or hard to reach.</summary>
public sealed class SlowRedisTests(ITestOutputHelper output) : RedisChaos(output)
{
    [SkippableTheory]
    [InlineData("slow-50")]
    [InlineData("slow-500")]
    [InlineData("resets")]
    [InlineData("half-open")]
    public Task Recommend_GoesOn(string chaos) => SurviveAsync(chaos);
}

/// <summary>Redis answers, but refuses or has lost or spoiled what was kept.</summary>
public sealed class BadRedisTests(ITestOutputHelper output) : RedisChaos(output)
{
    [SkippableTheory]
    [InlineData("full")]
    [InlineData("read-only")]
    [InlineData("emptied")]
    [InlineData("garbage")]
    public Task Recommend_GoesOn(string chaos) => SurviveAsync(chaos);
}

/// <summary>Another node takes over under the server.</summary>
public sealed class MovingRedisTests(ITestOutputHelper output) : RedisChaos(output)
{
    [SkippableTheory]
    [InlineData("moving-slots")]
    [InlineData("failover")]
    [InlineData("sentinel")]
    public Task Recommend_GoesOn(string chaos) => SurviveAsync(chaos);
}
