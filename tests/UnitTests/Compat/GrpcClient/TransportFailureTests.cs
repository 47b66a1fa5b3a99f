using System.Net.Sockets;
using Grpc.Core;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class TransportFailureTests
{
    public static TheoryData<Exception, StatusCode> Failures() => new()
    {
        { Protocol(0x0), StatusCode.Internal },
        { Protocol(0x1), StatusCode.Internal },
        { Protocol(0x2), StatusCode.Internal },
        { Protocol(0x7), StatusCode.Unavailable },
        { Protocol(0x8), StatusCode.Cancelled },
        { Protocol(0xb), StatusCode.ResourceExhausted },
        { Protocol(0xc), StatusCode.PermissionDenied },
        { Protocol(0xd), StatusCode.Internal },
        { new HttpRequestException("refused", new SocketException((int)SocketError.ConnectionRefused)), StatusCode.Unavailable },
        { new HttpRequestException("broken", new IOException("broken pipe")), StatusCode.Unavailable },
        { new HttpRequestException("other"), StatusCode.Internal },
        { new TaskCanceledException("connect", new TimeoutException()), StatusCode.Unavailable },
        { new TaskCanceledException("who knows"), StatusCode.Cancelled },
        { new NotSupportedException("other"), StatusCode.Internal },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Call_WhenTheTransportFails_SaysSoByStatus(Exception failure, StatusCode expected)
    {
        var seen = await Assert.ThrowsAsync<RpcException>(() => new FakeServer((_, _) => throw failure).CallAsync());

        Assert.Equal(expected, seen.StatusCode);
        Assert.Same(failure, seen.Status.DebugException);
        Assert.Contains(failure.Message, seen.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhenTheBodyBreaksOff_SaysSoByStatus()
    {
        var server = new FakeServer(new Reply { Body = new BreakingStream() });

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Call_ThatWaitsForReady_IsTriedAgainUntilThereIsAConnection()
    {
        var server = new FakeServer((server, _) => server.Attempts < 4
            ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused", new SocketException((int)SocketError.ConnectionRefused))
            : Task.FromResult(Reply.Of(Frames.Plain("hello"))));
        var call = server.CallAsync(options: new CallOptions().WithWaitForReady());

        // It ends by itself after 20 s that are real.
        while (!call.IsCompleted)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.Equal("hello", await call);
        Assert.Equal(4, server.Attempts);
    }

    [Fact]
    public async Task Call_ThatWaitsForReady_StillEndsAtItsDeadline()
    {
        var server = new FakeServer((_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        var deadline = server.Clock.GetUtcNow().UtcDateTime.AddSeconds(0.5);
        var call = server.CallAsync(options: new CallOptions(deadline: deadline).WithWaitForReady());

        server.Clock.Advance(TimeSpan.FromSeconds(0.5));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        Assert.Equal(1, server.Attempts);
    }

    private static HttpRequestException Protocol(long code) => new("reset", new HttpProtocolException(code, "reset", null));

    private sealed class BreakingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => ValueTask.FromException<int>(new IOException("The connection broke."));
    }
}
