using System.IO.Pipelines;
using System.Text;
using Grpc.Core;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class StreamingTests
{
    [Fact]
    public async Task ServerStream_InChancePieces_GivesEveryMessage()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        for (var round = 0; round < 50; round++)
        {
            var lengths = Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(3) == 0 ? random.Next(50_000) : random.Next(10));
            var messages = lengths.Select((length, i) => new string((char)('a' + i), length)).ToArray();
            var body = messages.SelectMany(text => random.Next(2) == 0 ? Frames.Plain(text) : Frames.Gzip(text)).ToArray();
            var server = new FakeServer(new Reply { Headers = [("grpc-encoding", "gzip")], Body = new DribblingStream(body, random.Next()) });
            var call = server.Connect().CreateCallInvoker().AsyncServerStreamingCall(FakeServer.ServerStreaming, null, default, "");

            var seen = await call.ResponseStream.ReadAllAsync().ToListAsync();

            Assert.True(messages.SequenceEqual(seen), $"Seed {Seed}, round {round}.");
            Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        }
    }

    [Fact]
    public async Task ServerStream_WithAStatusAfterMessages_GivesThemAndThenThrows()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("one")) with { Trailers = [("grpc-status", "10"), ("x-why", "later")] });
        var call = server.Connect().CreateCallInvoker().AsyncServerStreamingCall(FakeServer.ServerStreaming, null, default, "");

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("one", call.ResponseStream.Current);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.Aborted, failure.StatusCode);
        Assert.Equal("later", call.GetTrailers().GetValue("x-why"));
        Assert.Equal(StatusCode.Aborted, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    [Fact]
    public async Task ServerStream_WithHeadersOnly_IsEmptyOrFails()
    {
        async Task<bool> MoveNextAsync(string status)
        {
            var server = new FakeServer(new Reply { Headers = [("grpc-status", status)], Trailers = [] });
            var call = server.Connect().CreateCallInvoker().AsyncServerStreamingCall(FakeServer.ServerStreaming, null, default, "");
            return await call.ResponseStream.MoveNext();
        }

        Assert.False(await MoveNextAsync("0"));
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => MoveNextAsync("12"))).StatusCode);
    }

    [Fact]
    public async Task ServerStream_AfterItsEnd_StaysEnded()
    {
        var call = new FakeServer(Reply.Of()).Connect().CreateCallInvoker().AsyncServerStreamingCall(FakeServer.ServerStreaming, null, default, "");

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task ServerStream_ReadTwiceAtOnce_RefusesTheSecond()
    {
        var pipe = new Pipe();
        var call = new FakeServer(new Reply { Body = pipe.Reader.AsStream() }).Connect().CreateCallInvoker()
            .AsyncServerStreamingCall(FakeServer.ServerStreaming, null, default, "");

        var first = call.ResponseStream.MoveNext();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());
        await pipe.Writer.WriteAsync(Frames.Plain("one"));

        Assert.True(await first);
    }

    [Fact]
    public async Task MoveNext_WithACancelledToken_EndsTheCall()
    {
        using var cancellation = new CancellationTokenSource();
        var pipe = new Pipe();
        var server = new FakeServer(new Reply { Body = pipe.Reader.AsStream() });
        var call = server.Connect().CreateCallInvoker().AsyncServerStreamingCall(FakeServer.ServerStreaming, null, default, "");
        var read = call.ResponseStream.MoveNext(cancellation.Token);

        await cancellation.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => read)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Duplex_WrittenAndRead_PassesMessagesBothWays()
    {
        var pipe = new Pipe();
        var server = new FakeServer((server, _) =>
        {
            server.StartReading();
            return Task.FromResult(new Reply { Body = pipe.Reader.AsStream() });
        });
        var call = server.Connect().CreateCallInvoker().AsyncDuplexStreamingCall(FakeServer.Duplex, null, default);

        await call.RequestStream.WriteAsync("ping");
        Assert.Equal(Frames.Plain("ping"), await server.Written.Reader.ReadAsync());
        await pipe.Writer.WriteAsync(Frames.Plain("pong"));
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("pong", call.ResponseStream.Current);
        await call.RequestStream.CompleteAsync();
        await server.Written.Reader.Completion;
        await pipe.Writer.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task RequestStream_UsedAgainstItsRules_Refuses()
    {
        var server = Taking(out _);
        var call = server.Connect().CreateCallInvoker().AsyncClientStreamingCall(FakeServer.ClientStreaming, null, default);

        await call.RequestStream.WriteAsync("one");
        await call.RequestStream.CompleteAsync();
        await call.RequestStream.CompleteAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync("two"));
        await Assert.ThrowsAsync<ArgumentNullException>(() => call.RequestStream.WriteAsync(null!));
    }

    [Fact]
    public async Task RequestStream_WrittenTwiceAtOnce_RefusesTheSecond()
    {
        var opened = new TaskCompletionSource<Reply>();
        var server = new FakeServer((_, aborted) => opened.Task.WaitAsync(aborted)); // never takes the request
        var call = server.Connect().CreateCallInvoker().AsyncClientStreamingCall(FakeServer.ClientStreaming, null, default);

        var first = call.RequestStream.WriteAsync("one");
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync("two"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());
        call.Dispose();

        await Assert.ThrowsAsync<RpcException>(() => first);
    }

    [Fact]
    public async Task RequestStream_AfterTheServerEndedTheCall_ThrowsItsStatus()
    {
        var server = Taking(out var answer);
        var call = server.Connect().CreateCallInvoker().AsyncClientStreamingCall(FakeServer.ClientStreaming, null, default);
        answer.SetResult(Reply.Status(9, "enough"));
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync("more"));

        Assert.Equal(new Status(StatusCode.FailedPrecondition, "enough"), failure.Status);
        await Assert.ThrowsAsync<IOException>(() => server.Written.Reader.Completion); // broken off, not ended
    }

    [Fact]
    public async Task RequestStream_WithAMessageThatIsTooLarge_RefusesItAndGoesOn()
    {
        var server = Taking(out var answer);
        var invoker = server.Connect(options => options.MaxSendMessageSize = 3).CreateCallInvoker();
        var call = invoker.AsyncClientStreamingCall(FakeServer.ClientStreaming, null, default);

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync("four"))).StatusCode);
        await call.RequestStream.WriteAsync("fit");
        Assert.Equal(Frames.Plain("fit"), await server.Written.Reader.ReadAsync());
        await call.RequestStream.CompleteAsync();
        answer.SetResult(Reply.Of(Frames.Plain("done")));

        Assert.Equal("done", await call);
    }

    [Fact]
    public async Task RequestStream_WithWriteOptions_CompressesMessageByMessage()
    {
        var server = Taking(out _);
        var options = new CallOptions(new Metadata { { "grpc-internal-encoding-request", "gzip" } });
        var call = server.Connect().CreateCallInvoker().AsyncClientStreamingCall(FakeServer.ClientStreaming, null, options);

        await call.RequestStream.WriteAsync("packed");
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync("plain");

        var packed = await server.Written.Reader.ReadAsync();
        Assert.Equal(1, packed[0]);
        Assert.Equal("packed", Encoding.UTF8.GetString(Frames.Decompress(packed[5..])));
        Assert.Equal(Frames.Plain("plain"), await server.Written.Reader.ReadAsync());
    }

    // Takes requests in the background, and answers when told.
    private static FakeServer Taking(out TaskCompletionSource<Reply> answer)
    {
        var source = answer = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        return new FakeServer((server, aborted) =>
        {
            server.StartReading();
            return source.Task.WaitAsync(aborted);
        });
    }
}
