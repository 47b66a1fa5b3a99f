using System.Net.Sockets;
using RedisRig;
using Xunit;

namespace ChaosTests.Rig;

/// <summary>The proxy spoils connections in the ways that it says.</summary>
public sealed class TcpProxyTests
{
    private static readonly TimeSpan s_while = TimeSpan.FromMilliseconds(100);

    [SkippableFact]
    public async Task Delay_BothWays_AddsUp()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using TcpProxy proxy = TcpProxy.Start(redis.Port);
        await using RedisClient client = await RedisClient.ConnectAsync(proxy.Port);
        proxy.DelayToServer = proxy.DelayToClient = TimeSpan.FromMilliseconds(30);
        TimeProvider time = TimeProvider.System;
        long start = time.GetTimestamp();

        await client.ExecuteAsync("PING");

        Assert.True(time.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(58));
    }

    [SkippableFact]
    public async Task Reset_EndsOpenConnections_AndTakesNewOnes()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using TcpProxy proxy = TcpProxy.Start(redis.Port);
        await using RedisClient old = await RedisClient.ConnectAsync(proxy.Port);
        await old.ExecuteAsync("PING");

        Assert.Equal(1, proxy.Reset());

        IOException error = await Assert.ThrowsAsync<IOException>(async () => { await old.ExecuteAsync("PING"); await old.ExecuteAsync("PING"); });
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        await using RedisClient fresh = await RedisClient.ConnectAsync(proxy.Port);
        Assert.Equal("PONG", (await fresh.ExecuteAsync("PING")).Text);
    }

    [SkippableFact]
    public async Task Freeze_IsSilent_UntilThawed()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using TcpProxy proxy = TcpProxy.Start(redis.Port);
        await using RedisClient client = await RedisClient.ConnectAsync(proxy.Port);
        await client.ExecuteAsync("PING");
        proxy.Freeze();

        Task<RedisReply> reply = client.ExecuteAsync("PING");
        Assert.NotSame(reply, await Task.WhenAny(reply, Task.Delay(s_while)));
        proxy.Thaw();

        Assert.Equal("PONG", (await reply).Text);
    }

    [SkippableFact]
    public async Task Abandon_SilencesOpenConnections_AndTakesNewOnes()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using TcpProxy proxy = TcpProxy.Start(redis.Port);
        await using RedisClient old = await RedisClient.ConnectAsync(proxy.Port);
        await old.ExecuteAsync("PING");

        Assert.Equal(1, proxy.Abandon());

        using var stop = new CancellationTokenSource(s_while);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => old.ExecuteAsync(["PING"], stop.Token));
        await using RedisClient fresh = await RedisClient.ConnectAsync(proxy.Port);
        Assert.Equal("PONG", (await fresh.ExecuteAsync("PING")).Text);
    }

    [SkippableFact]
    public async Task Refuse_KeepsOpenConnections_AndRefusesNewOnes()
    {
        RedisRequirement.Check();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using TcpProxy proxy = TcpProxy.Start(redis.Port);
        await using RedisClient old = await RedisClient.ConnectAsync(proxy.Port);
        await old.ExecuteAsync("PING");
        proxy.Refuse();

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => RedisClient.ConnectAsync(proxy.Port));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        Assert.Equal("PONG", (await old.ExecuteAsync("PING")).Text);
        proxy.Accept();
        await using RedisClient fresh = await RedisClient.ConnectAsync(proxy.Port);
        Assert.Equal("PONG", (await fresh.ExecuteAsync("PING")).Text);
    }
}
