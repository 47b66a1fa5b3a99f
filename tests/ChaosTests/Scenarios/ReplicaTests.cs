using ChaosTests.Server;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Recsys.V1;
using RedisRig;
using Xunit;

namespace ChaosTests.Scenarios;

/// <summary>Replicas on one Redis agree, and agree again after what keeps them apart.</summary>
public sealed class ReplicaTests
{
    private const int Users = 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    [SkippableFact]
    public async Task Click_AtOneReplica_ChangesTheNextAnswersOfBoth()
    {
        RedisRequirement.Check();
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using ChaosServer a = await ChaosServer.StartAsync(world, redis.Configuration);
        await using ChaosServer b = await ChaosServer.StartAsync(world, redis.Configuration);

        for (int i = 0; i < Users; i++)
        {
            string user = ChaosWorld.UserId(i);
            string item = (await b.RecommendAsync(user)).Items[0].ItemId;
            await a.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On($"click-{i}", user, item) } });

            Assert.DoesNotContain((await a.RecommendAsync(user)).Items, one => one.ItemId == item);
            await Until.TrueAsync(
                async () => (await b.RecommendAsync(user)).Items.All(one => one.ItemId != item), s_patience, () => $"The other replica did not hear of {user}'s click.");
        }
    }

    [SkippableFact]
    public async Task Click_WhoseAnswerFromRedisIsLost_ReachesTheOtherReplica()
    {
        RedisRequirement.Check();
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using TcpProxy proxy = TcpProxy.Start(redis.Port);
        await using ChaosServer a = await ChaosServer.StartAsync(world, redis.ConfigurationFor(proxy.Port), static options => options.Redis.CommandTimeout = TimeSpan.FromSeconds(10));
        await using ChaosServer b = await ChaosServer.StartAsync(world, redis.Configuration);
        string user = ChaosWorld.UserId(1);
        // The other replica holds the user, and has no reason of its own to read it again.
        await HeldAsync(b, user);
        await HeldAsync(a, user);

        // Redis does what it is told, but the connection breaks while its answer is on the way.
        proxy.DelayToClient = TimeSpan.FromSeconds(1);
        Task click = ClickAsync(a, 1, "lost");
        string key = $"rs:u:{{{a.IdentityOf(user).Key}}}";
        await Until.TrueAsync(async () => (await redis.ExecuteAsync("EXISTS", key)).Integer == 1, s_patience, () => "The click did not reach Redis.");
        proxy.DelayToClient = TimeSpan.Zero;
        proxy.Reset();
        await click;

        await Until.TrueAsync(async () => Keys(await b.FindAsync(user)).Length == 1, s_patience, () => "The other replica did not hear of the click.");
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Replicas_CutOff_DivergeAndAgreeAgain(bool isFrozen)
    {
        RedisRequirement.Check();
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        await using RedisProcess redis = await RedisProcess.StartAsync(new RedisSettings { IsPersistent = true });
        await using ChaosServer a = await ChaosServer.StartAsync(world, redis.Configuration);
        await using ChaosServer b = await ChaosServer.StartAsync(world, redis.Configuration);
        for (int i = 0; i < Users; i++)
        {
            await a.RecommendAsync(ChaosWorld.UserId(i));
            await b.RecommendAsync(ChaosWorld.UserId(i));
        }

        // Some of these are on their way at the moment of the break: their scripts run, but nobody hears of it.
        Task[] clicks = [.. Enumerable.Range(0, Users).Select(i => ClickAsync(i % 2 == 0 ? a : b, i, "moment"))];
        if (isFrozen)
            await redis.FreezeAsync();
        else
            await redis.KillAsync();
        await Task.WhenAll(clicks);
        for (int i = 0; i < Users; i++)
            await ClickAsync(i % 2 == 0 ? a : b, i, "apart");
        if (isFrozen)
            await redis.ThawAsync();
        else
            await redis.StartAgainAsync();

        for (int i = 0; i < Users; i++)
        {
            string user = ChaosWorld.UserId(i);
            UserLookup one = default, other = default;
            await Until.TrueAsync(
                async () =>
                {
                    one = await a.FindAsync(user);
                    other = await b.FindAsync(user);
                    return one.Failure == StoreFailure.None && other.Failure == StoreFailure.None && Keys(one).SequenceEqual(Keys(other)) && Keys(one).Length == 2;
                },
                s_patience,
                () => $"{user}: {string.Join(' ', Keys(one))} ({one.Failure}) against {string.Join(' ', Keys(other))} ({other.Failure})");
            Assert.Equal(one.State!.Stamp, other.State!.Stamp);
        }
    }

    private static Task HeldAsync(ChaosServer server, string user) =>
        Until.TrueAsync(async () => (await server.FindAsync(user)).Failure == StoreFailure.None, s_patience, () => "The server did not reach Redis.");

    private static async Task ClickAsync(ChaosServer server, int user, string when) =>
        await server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { Clicks.On($"{when}-{user}", ChaosWorld.UserId(user), ChaosWorld.ItemId(500 + user)) } });

    private static ulong[] Keys(UserLookup found) => [.. (found.State?.Interactions ?? []).Select(static interaction => interaction.EventKey)];
}
