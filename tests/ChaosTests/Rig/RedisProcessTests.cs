using System.Net.Sockets;
using RedisRig;
using Xunit;

namespace ChaosTests.Rig;

/// <summary>The Redis server of the other tests does what they ask of it.</summary>
public sealed class RedisProcessTests
{
    [SkippableFact]
    public async Task Kill_FrozenServer_FreesThePortAndTheDataAreGone()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await redis.ExecuteAsync("SET", "key", "value");
        await redis.FreezeAsync();

        await redis.KillAsync();
        await Assert.ThrowsAsync<SocketException>(() => redis.ExecuteAsync("PING"));
        await redis.StartAgainAsync();

        Assert.True((await redis.ExecuteAsync("GET", "key")).IsNull);
    }

    [SkippableFact]
    public async Task Kill_OfAPersistentServer_KeepsTheData()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync(new RedisSettings { IsPersistent = true });
        await redis.ExecuteAsync("SET", "key", new byte[] { 0, 13, 10, 255 });

        await redis.KillAsync();
        await redis.StartAgainAsync();

        Assert.Equal([0, 13, 10, 255], (await redis.ExecuteAsync("GET", "key")).Bytes!);
    }

    [SkippableFact]
    public async Task Freeze_ThenThaw_AnswersLate()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using RedisClient client = await redis.ConnectAsync();
        await redis.FreezeAsync();

        Task<RedisReply> reply = client.ExecuteAsync("PING");
        Task first = await Task.WhenAny(reply, Task.Delay(TimeSpan.FromMilliseconds(100)));
        await redis.ThawAsync();

        Assert.NotSame(reply, first);
        Assert.Equal("PONG", (await reply).Text);
    }

    [SkippableFact]
    public async Task Start_WithPasswordAndTls_WantsBoth()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync(new RedisSettings { Password = "secret", IsTls = true });

        await using RedisClient stranger = await RedisClient.ConnectAsync(redis.Port, certificatePath: redis.CertificatePath);
        RedisErrorException error = await Assert.ThrowsAsync<RedisErrorException>(() => stranger.ExecuteAsync("GET", "key"));

        Assert.StartsWith("NOAUTH", error.Message, StringComparison.Ordinal);
        Assert.Equal("PONG", (await redis.ExecuteAsync("PING")).Text);
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await RedisClient.ConnectAsync(redis.Port)).ExecuteAsync("PING"));
    }

    [SkippableFact]
    public async Task Configure_MaxMemory_RefusesWrites()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync(new RedisSettings { Lines = [("maxmemory-policy", "noeviction")] });
        await redis.ConfigureAsync("maxmemory", "1");

        RedisErrorException error = await Assert.ThrowsAsync<RedisErrorException>(() => redis.ExecuteAsync("SET", "key", "value"));

        Assert.StartsWith("OOM", error.Message, StringComparison.Ordinal);
    }
}
