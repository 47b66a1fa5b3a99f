using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace FunctionalTests.GrpcClient;

/// <summary>What the server sees of the ways in which a client ends a call, and the client of those in which a server does.</summary>
public sealed class CallEndTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static DateTime In(double seconds) => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds);

    [Fact]
    public async Task Cancellation_BeforeTheResponse_ResetsTheStream()
    {
        using var cancellation = new CancellationTokenSource();
        var (begun, aborted) = (Signal(), Signal());
        await using var server = await RawServer.StartAsync(context => HangAsync(context, begun, aborted));
        var invoker = server.Connect(out var channel);
        using var _ = channel;
        var call = invoker.AsyncUnaryCall(RawServer.Unary, null, new CallOptions(cancellationToken: cancellation.Token), "");

        await begun.Task.WaitAsync(s_patience);
        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await aborted.Task.WaitAsync(s_patience);
    }

    [Fact]
    public async Task Deadline_BeforeTheResponse_ResetsTheStream()
    {
        var (begun, aborted) = (Signal(), Signal());
        await using var server = await RawServer.StartAsync(context => HangAsync(context, begun, aborted));
        var invoker = server.Connect(out var channel);
        using var _ = channel;

        var call = invoker.AsyncUnaryCall(RawServer.Unary, null, new CallOptions(deadline: In(3)), "");

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await aborted.Task.WaitAsync(s_patience);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_AmidTheResponses_ResetsTheStream(bool whileReading)
    {
        var (begun, aborted) = (Signal(), Signal());
        await using var server = await RawServer.StartAsync(async context =>
        {
            await RawServer.SendAsync(context, "one");
            await HangAsync(context, begun, aborted);
        });
        var invoker = server.Connect(out var channel);
        using var _ = channel;
        var call = invoker.AsyncServerStreamingCall(RawServer.ServerStreaming, null, default, "");
        Assert.True(await call.ResponseStream.MoveNext());

        var read = whileReading ? call.ResponseStream.MoveNext() : null;
        call.Dispose();

        await aborted.Task.WaitAsync(s_patience);
        if (read is not null)
        {
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => read)).StatusCode);
        }

        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Status_WhileRequestsAreStillWritten_EndsTheCall()
    {
        await using var server = await RawServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "8";
            context.Response.Headers["grpc-message"] = "enough";
            return Task.CompletedTask; // with most of the requests unread
        });
        var invoker = server.Connect(out var channel);
        using var _ = channel;
        using var call = invoker.AsyncClientStreamingCall(RawServer.ClientStreaming, null, new CallOptions(deadline: In(10)));
        var chunk = new string('x', 100_000);

        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(chunk);
            }
        });

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(new Status(StatusCode.ResourceExhausted, "enough"), failure.Status);
    }

    [Fact]
    public async Task Dispose_OfTheChannel_EndsItsCalls()
    {
        var (begun, aborted) = (Signal(), Signal());
        await using var server = await RawServer.StartAsync(context => HangAsync(context, begun, aborted));
        var invoker = server.Connect(out var channel);
        var call = invoker.AsyncUnaryCall(RawServer.Unary, null, default, "");
        await begun.Task.WaitAsync(s_patience);

        channel.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await aborted.Task.WaitAsync(s_patience);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Takes the call, and signals when the client gives it up.
    private static async Task HangAsync(HttpContext context, TaskCompletionSource begun, TaskCompletionSource aborted)
    {
        begun.TrySetResult();
        try
        {
            await Task.Delay(s_patience, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            aborted.TrySetResult();
        }
    }
}
