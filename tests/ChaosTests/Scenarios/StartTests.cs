using ChaosTests.Server;
using Recsys.V1;
using RedisRig;
using Xunit;

namespace ChaosTests.Scenarios;

/// <summary>A server does not need Redis to start, and finds it when it comes.</summary>
public sealed class StartTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    [SkippableFact]
    public async Task Start_WithoutRedis_AnswersAndRecords_AndDeliversWhenItComes()
    {
        RedisRequirement.Check();
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await redis.KillAsync();
        await using ChaosServer server = await ChaosServer.StartAsync(world, redis.Configuration);

        RecommendResponse known = await server.RecommendAsync(ChaosWorld.UserId(1));
        RecommendResponse stranger = await server.RecommendAsync("stranger");
        RecordEventsResponse recorded = await server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On("early", "newcomer", ChaosWorld.ItemId(5)) } });
        RecommendResponse newcomer = await server.RecommendAsync("newcomer");

        Assert.Equal(Rung.UserTower, known.ServedBy);
        Assert.NotEmpty(stranger.Items);
        Assert.All([known, stranger], static response => Assert.Contains(response.Degraded, static label => label.Component == "user_state"));
        Assert.Equal(1, recorded.Recorded);
        Assert.Equal(Rung.UserTower, newcomer.ServedBy);

        await redis.StartAgainAsync();

        await Until.TrueAsync(
            async () => (await redis.ExecuteAsync("XLEN", ChaosCases.EventStream)).Integer == 1, s_patience, () => "The event did not reach the stream.");
        await Until.TrueAsync(
            async () => (await server.RecommendAsync("another stranger")).Degraded.Count == 0, s_patience, () => "Answers are labelled still.");
    }
}
