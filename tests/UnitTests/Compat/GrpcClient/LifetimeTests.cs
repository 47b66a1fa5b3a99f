using Grpc.Core;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class LifetimeTests
{
    private static readonly DateTime s_start = new ManualTime().GetUtcNow().UtcDateTime;

    [Fact]
    public async Task Deadline_OfACall_IsSentAsTheTimeLeft()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.CallAsync(options: new CallOptions(deadline: s_start.AddSeconds(1.5)));

        Assert.Equal("1500000u", server.Header("grpc-timeout"));
    }

    [Fact]
    public async Task Deadline_ThatHasPassed_FailsWithoutSending()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.CallAsync(options: new CallOptions(deadline: s_start)));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Equal(0, server.Attempts);
    }

    [Fact]
    public async Task Deadline_ThatPasses_EndsTheCallAndItsRequest()
    {
        var server = Hanging();
        var call = server.CallAsync(options: new CallOptions(deadline: s_start.AddSeconds(1)));

        server.Clock.Advance(TimeSpan.FromSeconds(0.9));
        Assert.False(call.IsCompleted);
        server.Clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        Assert.True(server.Aborted.IsCancellationRequested);
    }

    [Fact]
    public async Task Deadline_FurtherOffThanATimerCanBeSetTo_IsKept()
    {
        var server = Hanging();
        var call = server.CallAsync(options: new CallOptions(deadline: s_start.AddDays(100)));

        server.Clock.Advance(TimeSpan.FromDays(60));
        Assert.False(call.IsCompleted);
        server.Clock.Advance(TimeSpan.FromDays(40));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
    }

    [Theory]
    [InlineData(0, StatusCode.Cancelled)]
    [InlineData(2, StatusCode.DeadlineExceeded)]
    public async Task Reset_ByTheServer_IsTheDeadlineWhereThatHasPassed(int seconds, StatusCode expected)
    {
        var clock = new LateTimers { Now = s_start };
        var server = new FakeServer((_, _) =>
        {
            clock.Now += TimeSpan.FromSeconds(seconds);
            throw new HttpRequestException("reset", new HttpProtocolException(0x8, "CANCEL", null));
        });
        var options = new CallOptions(deadline: s_start.AddSeconds(1));
        var call = server.Connect(clock: clock).CreateCallInvoker().AsyncUnaryCall(FakeServer.Unary, null, options, "");

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task Deadline_InLocalTime_IsRefused()
    {
        var options = new CallOptions(deadline: DateTime.SpecifyKind(s_start, DateTimeKind.Local));

        await Assert.ThrowsAsync<InvalidOperationException>(() => Hanging().CallAsync(options: options));
    }

    [Fact]
    public async Task Deadline_OfMaxValue_IsNone()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.CallAsync(options: new CallOptions(deadline: DateTime.MaxValue));

        Assert.Equal("", server.Header("grpc-timeout"));
    }

    [Fact]
    public async Task Cancellation_OfTheToken_EndsTheCallAndItsRequest()
    {
        using var cancellation = new CancellationTokenSource();
        var server = Hanging();
        var call = server.CallAsync(options: new CallOptions(cancellationToken: cancellation.Token));

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        Assert.True(server.Aborted.IsCancellationRequested);
    }

    [Fact]
    public async Task Cancellation_BeforeTheCall_SendsNothing()
    {
        var server = Hanging();

        var options = new CallOptions(cancellationToken: new CancellationToken(canceled: true));

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.CallAsync(options: options));

        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
        Assert.Equal(0, server.Attempts);
    }

    [Fact]
    public async Task Cancellation_WithTheOption_ThrowsOperationCanceled()
    {
        using var cancellation = new CancellationTokenSource();
        var server = Hanging();
        var call = server.CallAsync(
            options: new CallOptions(cancellationToken: cancellation.Token), configure: options => options.ThrowOperationCanceledOnCancellation = true);

        await cancellation.CancelAsync();

        Assert.Equal(cancellation.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => call)).CancellationToken);
    }

    [Fact]
    public async Task Deadline_WithTheOption_ThrowsOperationCanceled()
    {
        var server = Hanging();
        var call = server.CallAsync(
            options: new CallOptions(deadline: s_start.AddSeconds(1)), configure: options => options.ThrowOperationCanceledOnCancellation = true);

        server.Clock.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Dispose_OfACall_EndsIt()
    {
        var server = Hanging();
        var call = server.Connect().CreateCallInvoker().AsyncUnaryCall(FakeServer.Unary, null, default, "");
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());

        call.Dispose();

        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        Assert.True(server.Aborted.IsCancellationRequested);
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseHeadersAsync);
    }

    [Fact]
    public async Task Dispose_OfTheChannel_EndsItsCallsAndRefusesMore()
    {
        var server = Hanging();
        var channel = server.Connect();
        var invoker = channel.CreateCallInvoker();
        var call = invoker.AsyncUnaryCall(FakeServer.Unary, null, default, "");

        channel.Dispose();
        channel.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Throws<ObjectDisposedException>(() => invoker.AsyncUnaryCall(FakeServer.Unary, null, default, ""));
        Assert.Throws<ObjectDisposedException>(channel.CreateCallInvoker);
    }

    [Fact]
    public async Task End_OfACall_LeavesNothingListening()
    {
        using var cancellation = new CancellationTokenSource();
        var server = new FakeServer(Reply.Of(Frames.Plain("")));
        var options = new CallOptions(deadline: s_start.AddSeconds(1), cancellationToken: cancellation.Token);
        var call = server.Connect().CreateCallInvoker().AsyncUnaryCall(FakeServer.Unary, null, options, "");
        await call;

        server.Clock.Advance(TimeSpan.FromSeconds(2));
        await cancellation.CancelAsync();
        call.Dispose();

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.False(server.Aborted.IsCancellationRequested);
    }

    private static FakeServer Hanging() => new(async (_, aborted) =>
    {
        await Task.Delay(Timeout.Infinite, aborted);
        throw new InvalidOperationException();
    });

    /// <summary>The clock of a machine so busy that timers do not come round to ring.</summary>
    private sealed class LateTimers : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
