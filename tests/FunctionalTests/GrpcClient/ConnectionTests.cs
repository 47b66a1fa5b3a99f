using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace FunctionalTests.GrpcClient;

/// <summary>The client when connections fail, and when there are many calls on few of them.</summary>
public sealed class ConnectionTests
{
    private static DateTime In(double seconds) => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds);

    [Fact]
    public async Task Call_WithNobodyListening_IsUnavailable()
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{RawServer.FreePort()}");

        var call = channel.CreateCallInvoker().AsyncUnaryCall(RawServer.Unary, null, new CallOptions(deadline: In(10)), "");

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Call_ThatWaitsForReady_SucceedsOnceSomebodyListens()
    {
        var port = RawServer.FreePort();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var call = channel.CreateCallInvoker().AsyncUnaryCall(RawServer.Unary, null, new CallOptions(deadline: In(20)).WithWaitForReady(), "");
        await Task.Delay(50);
        Assert.False(call.ResponseAsync.IsCompleted);

        await using var server = await RawServer.StartAsync(context => RawServer.ReplyAsync(context, "hello"), port);

        Assert.Equal("hello", await call);
    }

    [Fact]
    public async Task Call_OnAConnectionThatBreaks_IsUnavailable()
    {
        await using var server = await RawServer.StartAsync(context =>
        {
            context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
            return Task.CompletedTask;
        });
        var invoker = server.Connect(out var channel);
        using var _ = channel;

        var call = invoker.AsyncUnaryCall(RawServer.Unary, null, new CallOptions(deadline: In(10)), "");

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task Call_ThatTheServerResets_HasTheStatusOfTheErrorCode(int errorCode, StatusCode expected)
    {
        await using var server = await RawServer.StartAsync(async context =>
        {
            await RawServer.SendAsync(context, "begun");
            context.Features.Get<IHttpResetFeature>()!.Reset(errorCode);
        });
        var invoker = server.Connect(out var channel);
        using var _ = channel;
        using var call = invoker.AsyncServerStreamingCall(RawServer.ServerStreaming, null, new CallOptions(deadline: In(10)), "");

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
            }
        });

        Assert.Equal(expected, failure.StatusCode);
    }

    [Fact]
    public async Task Calls_InThousandsAtOnce_AllGetTheirOwnReply()
    {
        await using var server = await RawServer.StartAsync(async context =>
        {
            using var request = new MemoryStream();
            await context.Request.Body.CopyToAsync(request);
            await Task.Yield();
            await RawServer.ReplyAsync(context, System.Text.Encoding.UTF8.GetString(request.ToArray().AsSpan(5)));
        });
        var invoker = server.Connect(out var channel);
        using var _ = channel;

        var options = new CallOptions(deadline: In(30));
        var calls = Enumerable.Range(0, 2000).Select(i => invoker.AsyncUnaryCall(RawServer.Unary, null, options, $"{i}").ResponseAsync).ToArray();

        Assert.Equal(Enumerable.Range(0, calls.Length).Select(i => $"{i}"), await Task.WhenAll(calls));
    }
}
