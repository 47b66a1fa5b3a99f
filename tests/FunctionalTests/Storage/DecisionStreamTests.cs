using System.Diagnostics.Metrics;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Inference.Storage.Decisions;
using Inference.Storage.Redis;
using Inference.Training.OffPolicy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>Decisions in a stream of a real Redis.</summary>
public sealed class DecisionStreamTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [SkippableFact]
    public async Task Replay_OfTheStreams_FindsWhatWasDecidedAndClicked()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        (DecisionLog log, DecisionMetrics metrics) = Log(replica);
        await using DecisionLog owned = log;
        for (int i = 0; i < 1_200; i++)
            log.Add(Decision(i));
        await replica.RecordAsync([.. Enumerable.Range(0, 10).Select(i => replica.Event(i, "a") with { RequestId = $"r{i}", Slot = 1 })]);
        await replica.RecordAsync(replica.Event(50, "a"));
        await replica.Events.ForgetAsync(Replica.User(3), CancellationToken.None);
        await RedisWorld.UntilAsync(() => metrics.Written == 1_200);

        var read = new ReplayLog([], new ReplayOptions { Window = TimeSpan.FromDays(1), ClockSlack = TimeSpan.FromDays(1) });
        await foreach (ReadOnlyMemory<byte> line in DecisionStreamReader.ReadAsync(new RedisOptions { Configuration = redis.Address }, CancellationToken.None))
            read.Add(line.Span);
        read.Close();

        Assert.Equal((1_200, 9, 0, 0), (read.Counts.Decisions, read.Counts.Events, read.Counts.BadLines, read.Counts.OrphanEvents));
        Assert.Equal(9 / 1_200.0, OffPolicyEstimator.Run(read).LoggedValue.Value, 12);
        Assert.DoesNotContain(Replica.User(3).Key.High.ToString("x16"), redis.Cli("XRANGE", "rs:decisions", "-", "+"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Add_OfMoreThanTheStreamKeeps_LetsTheOldestGo()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        (DecisionLog log, DecisionMetrics metrics) = Log(replica, 1_000);
        await using DecisionLog owned = log;

        for (int i = 0; i < 3_000; i++)
            log.Add(Decision(i));

        await RedisWorld.UntilAsync(() => metrics.Written == 3_000);
        Assert.InRange(int.Parse(redis.Cli("XLEN", "rs:decisions")), 1_000, 1_200);
    }

    [SkippableFact]
    public async Task Add_WithRedisAway_DropsAndCounts()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        (DecisionLog log, DecisionMetrics metrics) = Log(replica);
        await using DecisionLog owned = log;

        redis.Kill();
        for (int i = 0; i < 100; i++)
            log.Add(Decision(i));

        await RedisWorld.UntilAsync(() => metrics.Dropped + metrics.Written == 100, seconds: 60);
        Assert.Equal(100, metrics.Dropped);
    }

    private (DecisionLog Log, DecisionMetrics Metrics) Log(Replica replica, int length = 100_000)
    {
        var metrics = new DecisionMetrics(_services.GetRequiredService<IMeterFactory>());
        var options = new DecisionOptions { ToRedis = true, RedisLength = length };
        return (new DecisionLog(options, metrics, TimeProvider.System, NullLogger<DecisionLog>.Instance, replica.Redis), metrics);
    }

    private static Decision Decision(int number) => new(
        $"r{number}", TimeProvider.System.GetUtcNow(), Replica.User(number).Key, "m/1", Rung.UserTower, 1, ExplorationPolicy.EpsilonGreedy, [new DecidedSlot("a", SlotType.Explore, 1, 0.5)],
        [new Choice(1, SlotType.Explore, 0, [new ChoiceItem("a", 1, 0, 0, 0.5), new ChoiceItem("b", -1, 0, 0, 0.5)], 0.05, new ChoiceSettings(ExplorationPolicy.EpsilonGreedy, Epsilon: 1))]);
}
