using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class UnaryCallTests : IAsyncLifetime
{
    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Call_WithMessage_ReturnsReplyStatusAndContentType()
    {
        var reply = await _host.CallAsync("Unary", ProbeFrame(1, 2, 3));

        Assert.Equal(HttpStatusCode.OK, reply.Http);
        Assert.Equal([1, 2, 3], reply.Content);
        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.False(reply.IsTrailersOnly);
        Assert.Equal("application/grpc", reply.Headers["content-type"].Single());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_000)]
    [InlineData(4_091)]
    [InlineData(20_000)]
    [InlineData(1_000_000)]
    public async Task Call_WithMessageOfAnySize_ReturnsItUnchanged(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);

        var reply = await _host.CallAsync("Unary", ProbeFrame(content));

        Assert.Equal(content, reply.Content);
        Assert.Equal(StatusCode.OK, reply.Status);
    }

    [Fact]
    public async Task Call_WithBodyByteByByte_ReturnsReply()
    {
        using var response = await _host.Client.SendAsync(Request("Unary", new PiecewiseContent(ProbeFrame(7, 8, 9), pieceSize: 1)), HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal([7, 8, 9], (await GrpcReply.ReadAsync(response)).Content);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("00000000")]
    [InlineData("0000000005")]
    [InlineData("00000000050A0301")]
    [InlineData("00000000000000000000")]
    [InlineData("0000000000FF")]
    public async Task Call_WithNotExactlyOneMessage_FailsWithInternal(string hexBody)
    {
        var reply = await _host.CallAsync("Unary", Convert.FromHexString(hexBody));

        Assert.Equal(StatusCode.Internal, reply.Status);
        Assert.True(reply.IsTrailersOnly);
        await _host.AssertIdleAsync();
    }

    [Fact]
    public async Task Call_WithUnparsableMessage_Fails()
    {
        var called = false;
        _host.Behavior.Unary = (request, _) =>
        {
            called = true;
            return Task.FromResult(request);
        };

        var reply = await _host.CallAsync("Unary", Frame([0x0A, 0x7F, 0x01]));

#if OFFICIAL_PACKAGES
        Assert.Equal(StatusCode.Unknown, reply.Status);
#else
        Assert.Equal(StatusCode.Internal, reply.Status);
#endif
        Assert.False(called);
    }

    [Theory]
    [InlineData("02")]
    [InlineData("FF")]
    public async Task Call_WithUnknownFlagOfMessage_Fails(string flag)
    {
        var reply = await _host.CallAsync("Unary", Convert.FromHexString(flag + "00000000"));

        Assert.NotEqual(StatusCode.OK, reply.Status);
    }

    [Fact]
    public async Task Call_WhoseHandlerThrows_FailsWithUnknownAndTellsNothing()
    {
        _host.Behavior.Unary = (_, _) => throw new InvalidOperationException("password=hunter2");

        var reply = await _host.CallAsync("Unary", ProbeFrame());

        Assert.Equal(StatusCode.Unknown, reply.Status);
        Assert.Equal("Exception was thrown by handler.", reply.Detail);
        Assert.True(reply.IsTrailersOnly);
        Assert.DoesNotContain(reply.Headers.SelectMany(header => header), value => value.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_WhoseHandlerThrowsLater_FailsWithUnknown()
    {
        _host.Behavior.Unary = async (_, _) =>
        {
            await Task.Yield();
            throw new InvalidOperationException("secret");
        };

        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), await StatusOf(ProbeFrame()));
    }

    [Fact]
    public async Task Call_WithDetailedErrors_TellsTheException()
    {
        await using var host = await GrpcHost.StartAsync(options => options.EnableDetailedErrors = true);
        host.Behavior.Unary = (_, _) => throw new InvalidOperationException("what happened");

        var reply = await host.CallAsync("Unary", ProbeFrame());

        Assert.Equal("Exception was thrown by handler. InvalidOperationException: what happened", reply.Detail);
    }

    [Fact]
    public async Task Call_WhoseHandlerReturnsNull_FailsWithCancelled()
    {
        _host.Behavior.Unary = (_, _) => Task.FromResult<BytesValue>(null!);

        Assert.Equal((StatusCode.Cancelled, "No message returned from method."), await StatusOf(ProbeFrame()));
    }

    [Theory]
    [InlineData(StatusCode.NotFound, "no such item")]
    [InlineData(StatusCode.InvalidArgument, "")]
    [InlineData(StatusCode.Unauthenticated, "tür zu, 100 % – 日本語 🚪\r\n\tend")]
    [InlineData((StatusCode)77, "own code")]
    public async Task Call_WhoseHandlerThrowsRpcException_FailsWithItsStatus(StatusCode code, string detail)
    {
        _host.Behavior.Unary = (_, _) => throw new RpcException(new Status(code, detail));

        var reply = await _host.CallAsync("Unary", ProbeFrame());

        Assert.Equal(code, reply.Status);
        Assert.Equal(detail, reply.Detail ?? "");
        Assert.All(reply.RawDetail ?? "", letter => Assert.InRange(letter, ' ', '~'));
    }

    [Fact]
    public async Task Call_WithStatusDetails_PassesThemThrough()
    {
        byte[] details = [0, 255, 1, 254, 2];
        _host.Behavior.Unary = (_, _) => throw new RpcException(
            new Status(StatusCode.FailedPrecondition, "later"), new Metadata { { "grpc-status-details-bin", details }, { "retry-hint", "5s" } });

        var reply = await _host.CallAsync("Unary", ProbeFrame());

        Assert.Equal(StatusCode.FailedPrecondition, reply.Status);
        Assert.Equal("5s", reply.Headers["retry-hint"].Single());
        Assert.Equal("AP8B/gI", reply.Headers["grpc-status-details-bin"].Single().TrimEnd('='));
    }

    [Fact]
    public async Task Call_WhoseHandlerSetsStatus_ReturnsMessageWithIt()
    {
        _host.Behavior.Unary = (request, context) =>
        {
            context.Status = new Status(StatusCode.DataLoss, "half of it");
            context.ResponseTrailers.Add("left", "3");
            return Task.FromResult(request);
        };

        var reply = await _host.CallAsync("Unary", ProbeFrame(4));

        Assert.Equal([4], reply.Content);
        Assert.Equal(StatusCode.DataLoss, reply.Status);
        Assert.Equal("half of it", reply.Detail);
        Assert.Equal("3", reply.Trailers["left"].Single());
    }

    [Fact]
    public async Task Call_WithTrailerThatHttpCannotCarry_FailsAndServesOn()
    {
        _host.Behavior.Unary = (request, context) =>
        {
            context.ResponseTrailers.Add("note", "zwölf");
            return Task.FromResult(request);
        };

        try
        {
            var reply = await _host.CallAsync("Unary", ProbeFrame());
            Assert.Equal(StatusCode.Internal, reply.Status);
        }
        catch (HttpRequestException)
        {
#if !OFFICIAL_PACKAGES
            throw; // The official package resets the stream.
#endif
        }

        _host.Behavior.Unary = (request, _) => Task.FromResult(request);
        Assert.Equal(StatusCode.OK, (await _host.CallAsync("Unary", ProbeFrame())).Status);
    }

    [Fact]
    public async Task Call_ManyAtOnce_AnswersEachItsOwn()
    {
        _host.Behavior.Unary = async (request, _) =>
        {
            await Task.Yield();
            return request;
        };

        await Task.WhenAll(Enumerable.Range(0, 500).Select(async i =>
        {
            var reply = await _host.CallAsync("Unary", ProbeFrame(BitConverter.GetBytes(i)));
            Assert.Equal(i, BitConverter.ToInt32(reply.Content));
        }));

        await _host.AssertIdleAsync();
    }

    [Fact]
    public async Task Call_ToMethodLeftOut_FailsWithUnimplemented()
        => Assert.Equal(StatusCode.Unimplemented, (await _host.CallAsync("Missing", ProbeFrame())).Status);

    private async Task<(StatusCode Status, string? Detail)> StatusOf(byte[] body)
    {
        var reply = await _host.CallAsync("Unary", body);
        return (reply.Status, reply.Detail);
    }
}
