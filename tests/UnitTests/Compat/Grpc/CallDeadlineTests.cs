using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class CallDeadlineTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryCall _call = new();

    [Fact]
    public async Task Call_ThatNeverWaits_StartsNoTimer()
    {
        _call.Http.Request.Headers.GrpcTimeout = "1S";
        await SendAsync();

        await HandleAsync((request, _) =>
        {
            Assert.Equal(0, _time.ActiveTimers);
            return Task.FromResult(request);
        });

        Assert.Equal(StatusCode.OK, _call.Status);
    }

    [Fact]
    public async Task Call_WhoseTokenIsAskedFor_StartsATimerAndStopsItAtTheEnd()
    {
        _call.Http.Request.Headers.GrpcTimeout = "1S";
        await SendAsync();

        await HandleAsync((request, context) =>
        {
            Assert.False(context.CancellationToken.IsCancellationRequested);
            Assert.Equal(1, _time.ActiveTimers);
            Assert.Equal(_time.GetUtcNow().UtcDateTime.AddSeconds(1), context.Deadline);
            return Task.FromResult(request);
        });

        Assert.Equal(0, _time.ActiveTimers);
        Assert.Equal(StatusCode.OK, _call.Status);
    }

    [Fact]
    public async Task Call_ThatNeverWaitsAndTakesTooLong_EndsWithDeadlineExceeded()
    {
        _call.Http.Request.Headers.GrpcTimeout = "10m";
        await SendAsync();

        await HandleAsync((request, _) =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            return Task.FromResult(request);
        });

        Assert.Equal(StatusCode.DeadlineExceeded, _call.Status);
        Assert.Empty(await _call.ResponseAsync());
    }

    [Fact]
    public async Task Call_ThatWaitsPastItsDeadline_IsAnsweredAndCancelledBeforeItsHandlerEnds()
    {
        _call.Http.Request.Headers.GrpcTimeout = "10m";
        await SendAsync();
        var release = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationToken token = default;
        var call = HandleAsync((_, context) =>
        {
            token = context.CancellationToken;
            return release.Task;
        });

        _time.Advance(TimeSpan.FromMilliseconds(9));
        Assert.Null(_call.Status);
        Assert.False(token.IsCancellationRequested);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, _call.Status);
        Assert.True(token.IsCancellationRequested);
        Assert.Equal(0, _call.ResetCode);
        Assert.False(call.IsCompleted);
        release.SetResult([1]);
        await call;
        Assert.Equal(StatusCode.DeadlineExceeded, _call.Status);
        Assert.Empty(await _call.ResponseAsync());
        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Call_WhoseTimerComesEarly_WaitsOn()
    {
        // Sixty days: longer than one timer reaches.
        _call.Http.Request.Headers.GrpcTimeout = "1440H";
        await SendAsync();
        var release = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = HandleAsync((_, _) => release.Task);

        _time.Advance(TimeSpan.FromDays(20));
        _time.Advance(TimeSpan.FromDays(20));
        Assert.Null(_call.Status);
        Assert.Equal(1, _time.ActiveTimers);
        _time.Advance(TimeSpan.FromDays(20));

        Assert.Equal(StatusCode.DeadlineExceeded, _call.Status);
        release.SetResult([]);
        await call;
    }

    [Fact]
    public async Task Call_WhoseRequestNeverComes_EndsWithDeadlineExceeded()
    {
        _call.Http.Request.Headers.GrpcTimeout = "10m";
        var call = HandleAsync((request, _) => Task.FromResult(request));
        Assert.False(call.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal(StatusCode.DeadlineExceeded, _call.Status);
        await _call.Body.CompleteAsync(new IOException("reset")); // what a reset does to the body
        await call;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_WhoseReplyIsUnderWay_IsResetWithoutTrailers(bool isFlushing)
    {
        _call.Http.Request.Headers.GrpcTimeout = "10m";
        var call = new ServerCall(_call.Http, InMemoryCall.Settings(_time));
        var token = call.CancellationToken;
        call.Gate.EnterWrite();
        if (isFlushing)
        {
            call.Gate.EnterFlush();
        }

        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal(8, _call.ResetCode); // CANCEL
        Assert.Null(_call.Status);
        Assert.True(token.IsCancellationRequested);
        call.Gate.LeaveWrite();
        await CallEnd.SucceedAsync(call);
        Assert.Null(_call.Status);
    }

    [Fact]
    public async Task Token_AfterTheCaller_IsCancelled()
    {
        _call.Http.Request.Headers.GrpcTimeout = "1H";
        using var aborted = new CancellationTokenSource();
        _call.Http.RequestAborted = aborted.Token;
        await SendAsync();
        CancellationToken kept = default;

        await HandleAsync(async (request, context) =>
        {
            kept = context.CancellationToken;
            await aborted.CancelAsync();
            Assert.True(kept.IsCancellationRequested);
            return request;
        });

        Assert.Equal(0, _time.ActiveTimers);
    }

    [Fact]
    public async Task Token_KeptAfterTheCall_IsNotCancelledByTheNextUserOfTheRequest()
    {
        _call.Http.Request.Headers.GrpcTimeout = "1H";
        using var aborted = new CancellationTokenSource();
        _call.Http.RequestAborted = aborted.Token;
        await SendAsync();
        CancellationToken kept = default;
        await HandleAsync((request, context) =>
        {
            kept = context.CancellationToken;
            return Task.FromResult(request);
        });

        await aborted.CancelAsync();

        Assert.False(kept.IsCancellationRequested);
    }

    private Task HandleAsync(UnaryServerMethod<byte[], byte[]> serve)
        => new UnaryHandler<byte[], byte[]>(InMemoryCall.Method(MethodType.Unary), InMemoryCall.Settings(_time), serve).HandleAsync(_call.Http);

    private async Task SendAsync()
    {
        await _call.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 1, 42 });
        await _call.Body.CompleteAsync();
    }
}
