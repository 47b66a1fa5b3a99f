using ChaosTests.Server;
using Grpc.Core;
using Recsys.V1;
using RedisRig;
using Xunit;

namespace ChaosTests.Scenarios;

/// <summary>What an outage may cost, and what it may not.</summary>
public sealed class OutageTests
{
    private const int Buffer = 50;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    [SkippableFact]
    public async Task RecordEvents_BeyondTheBuffer_SaysWhatIsDropped_AndDeliversTheRest()
    {
        RedisRequirement.Check();
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using ChaosServer server = await ChaosServer.StartAsync(world, redis.Configuration, static options => options.State.EventBuffer = Buffer);
        await ConnectedAsync(server);
        await redis.KillAsync();
        await DisconnectedAsync(server);
        // What was taken in before the outage was noticed has more room.
        await server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On("first", "reader", ChaosWorld.ItemId(0)) } });

        int dropped = 0, recorded = 0;
        for (int i = 0; i < 2 * Buffer; i++)
        {
            RecordEventsResponse response = await server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On($"event-{i}", "reader", ChaosWorld.ItemId(i)) } });
            dropped += response.Dropped;
            recorded += response.Recorded;
        }

        Assert.Equal(2 * Buffer, dropped + recorded);
        Assert.InRange(dropped, Buffer, 2 * Buffer - 1);
        await redis.StartAgainAsync();
        await Until.TrueAsync(
            async () => (await redis.ExecuteAsync("XLEN", ChaosCases.EventStream)).Integer >= recorded + 1, s_patience, () => "The events that were not dropped did not reach the stream.");
    }

    [SkippableFact]
    public async Task ForgetUser_WhileRedisIsAway_IsNotConfirmed_AndNothingComesBackAfterwards()
    {
        RedisRequirement.Check();
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        await using RedisProcess redis = await RedisProcess.StartAsync(new RedisSettings { IsPersistent = true });
        await using ChaosServer server = await ChaosServer.StartAsync(world, redis.Configuration);
        await ConnectedAsync(server);
        await server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On("before", "leaver", ChaosWorld.ItemId(1)) } });
        await redis.KillAsync();
        await DisconnectedAsync(server);
        // This one waits in the buffer.
        await server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On("meanwhile", "leaver", ChaosWorld.ItemId(2)) } });

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await server.Events.ForgetUserAsync(new ForgetUserRequest { UserId = "leaver" }));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        await redis.StartAgainAsync();
        await Until.TrueAsync(() => ForgetsAsync(server), s_patience, () => "The user could not be forgotten.");
        RecordEventsResponse late = await server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On("after", "leaver", ChaosWorld.ItemId(3)) } });

        Assert.Equal(1, late.Refused);
        await using ChaosServer witness = await ChaosServer.StartAsync(world, redis.Configuration);
        await ConnectedAsync(witness);
        Assert.Null((await witness.FindAsync("leaver")).State);
        Assert.Null((await server.FindAsync("leaver")).State);
        Assert.Equal(0, (await redis.ExecuteAsync("EXISTS", $"rs:u:{{{server.IdentityOf("leaver").Key}}}")).Integer);
    }

    private static async Task<bool> ForgetsAsync(ChaosServer server)
    {
        try
        {
            await server.Events.ForgetUserAsync(new ForgetUserRequest { UserId = "leaver" });
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    private static int s_probes;

    private static Task ConnectedAsync(ChaosServer server) => Until.TrueAsync(async () => !await IsLabelledAsync(server), s_patience, () => "Answers are labelled still.");

    private static Task DisconnectedAsync(ChaosServer server) => Until.TrueAsync(() => IsLabelledAsync(server), s_patience, () => "No answer is labelled.");

    private static async Task<bool> IsLabelledAsync(ChaosServer server) =>
        (await server.RecommendAsync($"probe-{Interlocked.Increment(ref s_probes)}")).Degraded.Any(static label => label.Component == "user_state");
}
