using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class StreamingCallTests : IAsyncLifetime
{
    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task ServerStreaming_WithManyReplies_KeepsTheirOrder()
    {
        byte[] content = [.. Enumerable.Range(0, 250).Select(i => (byte)i)];

        var reply = await _host.CallAsync("Expand", ProbeFrame(content));

        Assert.Equal(content, reply.Messages.SelectMany(Content));
        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.False(reply.IsTrailersOnly);
    }

    [Fact]
    public async Task ServerStreaming_WithNoReply_ReturnsTheStatusAlone()
    {
        var reply = await _host.CallAsync("Expand", ProbeFrame());

        Assert.Empty(reply.Messages);
        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.True(reply.IsTrailersOnly);
    }

    [Fact]
    public async Task ServerStreaming_ThatFailsMidway_DeliversWhatItWroteThenTheStatus()
    {
        _host.Behavior.Expand = async (request, responses, context) =>
        {
            context.ResponseTrailers.Add("sent", "1");
            await responses.WriteAsync(request);
            throw new RpcException(new Status(StatusCode.Aborted, "enough"));
        };

        var reply = await _host.CallAsync("Expand", ProbeFrame(5));

        Assert.Equal([5], reply.Content);
        Assert.Equal(StatusCode.Aborted, reply.Status);
        Assert.Equal("1", reply.Trailers["sent"].Single());
        Assert.False(reply.IsTrailersOnly);
    }

    [Fact]
    public async Task ServerStreaming_WithWriteFlushed_ReachesTheCallerBeforeTheEnd()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Behavior.Expand = async (request, responses, _) =>
        {
            await responses.WriteAsync(request);
            await seen.Task;
        };

        using var response = await _host.Client.SendAsync(Request("Expand", ProbeFrame(1)), HttpCompletionOption.ResponseHeadersRead);
        var stream = await FrameStream.OpenAsync(response);

        Assert.Equal([1], Content((await stream.NextAsync())!));
        seen.SetResult();
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task ServerStreaming_WithBufferHint_DeliversAllAtTheEnd()
    {
        _host.Behavior.Expand = async (request, responses, _) =>
        {
            responses.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
            foreach (var item in request.Value)
            {
                await responses.WriteAsync(new BytesValue { Value = ByteString.CopyFrom(item) });
            }
        };

        var reply = await _host.CallAsync("Expand", ProbeFrame(1, 2, 3));

        Assert.Equal([1, 2, 3], reply.Messages.SelectMany(Content));
        Assert.Equal(StatusCode.OK, reply.Status);
    }

    [Fact]
    public async Task ServerStreaming_WithSecondWriteBeforeTheFirstEnds_ThrowsInvalidOperation()
    {
        var outcome = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Behavior.Expand = async (request, responses, context) =>
        {
            // Nobody reads yet: once the window of the stream is full, a write stays under way.
            var large = new BytesValue { Value = ByteString.CopyFrom(new byte[200_000]) };
            Task write;
            do
            {
                write = responses.WriteAsync(large);
            }
            while (write.IsCompletedSuccessfully);

            outcome.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(large)));
            await write;
        };

        using var response = await _host.Client.SendAsync(Request("Expand", ProbeFrame(1)), HttpCompletionOption.ResponseHeadersRead);

        Assert.IsType<InvalidOperationException>(await outcome.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        var reply = await GrpcReply.ReadAsync(response);
        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.All(reply.Messages, message => Assert.Equal(200_000, Content(message).Length));
    }

    [Fact]
    public async Task ServerStreaming_WithWriteAfterTheHandlerReturned_ThrowsInvalidOperation()
    {
        IServerStreamWriter<BytesValue> kept = null!;
        _host.Behavior.Expand = (_, responses, _) =>
        {
            kept = responses;
            return Task.CompletedTask;
        };
        await _host.CallAsync("Expand", ProbeFrame());
        await _host.AssertIdleAsync();

        // The official writer learns of the end a moment later than the caller.
        await Assert.ThrowsAnyAsync<Exception>(() => kept.WriteAsync(new BytesValue()));
    }

    [Fact]
    public async Task ClientStreaming_WithManyRequestsInOddPieces_CollectsThemAll()
    {
        byte[] body = [.. ProbeFrame(1), .. ProbeFrame(), .. ProbeFrame(2, 3), .. ProbeFrame(new byte[10_000])];

        foreach (var pieceSize in new[] { 1_009, 3, body.Length })
        {
            using var response = await _host.Client.SendAsync(Request("Collect", new PiecewiseContent(body, pieceSize)), HttpCompletionOption.ResponseHeadersRead);
            var reply = await GrpcReply.ReadAsync(response);
            Assert.Equal([1, 2, 3, .. new byte[10_000]], reply.Content);
        }
    }

    [Fact]
    public async Task ClientStreaming_WithNoRequest_ReturnsReply()
    {
        var reply = await _host.CallAsync("Collect", []);

        Assert.Empty(reply.Content);
        Assert.Equal(StatusCode.OK, reply.Status);
    }

    [Fact]
    public async Task ClientStreaming_WithBodyThatEndsWithinAMessage_FailsWithInternal()
    {
        var reply = await _host.CallAsync("Collect", [.. ProbeFrame(1), .. ProbeFrame(2)[..^1]]);

        Assert.Equal(StatusCode.Internal, reply.Status);
    }

    [Fact]
    public async Task ClientStreaming_AnsweredBeforeTheRequestsEnd_ReturnsReply()
    {
        _host.Behavior.Collect = async (requests, _) =>
        {
            Assert.True(await requests.MoveNext(CancellationToken.None));
            return requests.Current;
        };
        using var content = new PushContent();
        var sending = _host.Client.SendAsync(Request("Collect", content), HttpCompletionOption.ResponseHeadersRead);
        await content.SendAsync(ProbeFrame(9));

        using var response = await sending.WaitAsync(TimeSpan.FromSeconds(10));
        var reply = await GrpcReply.ReadAsync(response);
        content.Complete();

        Assert.Equal([9], reply.Content);
        Assert.Equal(StatusCode.OK, reply.Status);
        await _host.AssertIdleAsync();
    }

    [Fact]
    public async Task Duplex_PingPong_AnswersEachRequestAsItComes()
    {
        using var content = new PushContent();
        var sending = _host.Client.SendAsync(Request("Chat", content), HttpCompletionOption.ResponseHeadersRead);
        await content.SendAsync(ProbeFrame(1));
        using var response = await sending.WaitAsync(TimeSpan.FromSeconds(10));
        var stream = await FrameStream.OpenAsync(response);
        Assert.Equal([1], Content((await stream.NextAsync())!));

        for (byte i = 2; i < 20; i++)
        {
            await content.SendAsync(ProbeFrame(i));
            Assert.Equal([i], Content((await stream.NextAsync())!));
        }

        content.Complete();
        Assert.Null(await stream.NextAsync());
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Duplex_WithSeveralRequestsInOnePiece_AnswersEachWithoutWaitingForMore()
    {
        using var content = new PushContent();
        var sending = _host.Client.SendAsync(Request("Chat", content), HttpCompletionOption.ResponseHeadersRead);
        await content.SendAsync([.. ProbeFrame(1), .. ProbeFrame(2), .. ProbeFrame(3), .. ProbeFrame(4)[..4]]);
        using var response = await sending.WaitAsync(TimeSpan.FromSeconds(10));
        var stream = await FrameStream.OpenAsync(response);

        Assert.Equal([1], Content((await stream.NextAsync())!));
        Assert.Equal([2], Content((await stream.NextAsync())!));
        Assert.Equal([3], Content((await stream.NextAsync())!));
        await content.SendAsync(ProbeFrame(4)[4..]);
        Assert.Equal([4], Content((await stream.NextAsync())!));
        content.Complete();
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task Duplex_WithEmptyStream_ReturnsTheStatusAlone()
    {
        var reply = await _host.CallAsync("Chat", []);

        Assert.Empty(reply.Messages);
        Assert.Equal(StatusCode.OK, reply.Status);
    }

    [Fact]
    public async Task WriteResponseHeaders_BeforeAnyReply_SendsThemAtOnce()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Behavior.Unary = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "shard", "a" }, { "shard", "b" }, { "key-bin", [1, 2] } });
            await seen.Task;
            return request;
        };

        using var response = await _host.Client.SendAsync(Request("Unary", ProbeFrame(3)), HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("a,b", string.Join(',', response.Headers.GetValues("shard")));
        Assert.Equal("AQI", response.Headers.GetValues("key-bin").Single().TrimEnd('='));
        seen.SetResult();
        var reply = await GrpcReply.ReadAsync(response);
        Assert.Equal([3], reply.Content);
        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.False(reply.IsTrailersOnly);
    }

    [Fact]
    public async Task WriteResponseHeaders_Twice_ThrowsInvalidOperation()
    {
        _host.Behavior.Unary = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync([]);
            await Assert.ThrowsAsync<InvalidOperationException>(() => context.WriteResponseHeadersAsync([]));
            return request;
        };

        Assert.Equal(StatusCode.OK, (await _host.CallAsync("Unary", ProbeFrame())).Status);
    }

    [Fact]
    public async Task WriteResponseHeaders_ThenFailure_SendsTheStatusInTrailers()
    {
        _host.Behavior.Unary = async (_, context) =>
        {
            await context.WriteResponseHeadersAsync([]);
            throw new RpcException(new Status(StatusCode.NotFound, "gone"));
        };

        var reply = await _host.CallAsync("Unary", ProbeFrame());

        Assert.False(reply.IsTrailersOnly);
        Assert.Equal(StatusCode.NotFound, reply.Status);
        Assert.Equal("gone", reply.Detail);
    }
}
