using System.Net;
using Grpc.Core;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class UnaryResponseTests
{
    [Fact]
    public async Task Call_WithOneMessageAndOk_ReturnsIt()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")));

        Assert.Equal("hello", await server.CallAsync());
    }

    [Fact]
    public async Task Call_WithAMessageInSmallPieces_ReturnsIt()
    {
        var text = new string('x', 100_000);
        var server = new FakeServer(new Reply { Body = new DribblingStream(Frames.Plain(text), seed: 1) });

        Assert.Equal(text, await server.CallAsync());
    }

    [Fact]
    public async Task Call_WithStatusInTrailers_ThrowsItWithMessageAndTrailers()
    {
        var server = new FakeServer(Reply.Status(5, "caf%C3%A9 100%25", ("x-more", "text"), ("grpc-status-details-bin", "AQID")));

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.CallAsync());

        Assert.Equal(StatusCode.NotFound, failure.StatusCode);
        Assert.Equal("café 100%", failure.Status.Detail);
        Assert.Equal("text", failure.Trailers.GetValue("x-more"));
        Assert.Equal([1, 2, 3], failure.Trailers.GetValueBytes("grpc-status-details-bin")!);
        Assert.DoesNotContain(failure.Trailers, entry => entry.Key is "grpc-status" or "grpc-message");
    }

    [Fact]
    public async Task Call_WithStatusInHeaders_ThrowsItWithTheHeadersAsTrailers()
    {
        var server = new FakeServer(new Reply { Headers = [("grpc-status", "12"), ("grpc-message", "no"), ("x-more", "text")], Trailers = [] });

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.CallAsync());

        Assert.Equal(new Status(StatusCode.Unimplemented, "no"), failure.Status);
        Assert.Equal("text", failure.Trailers.GetValue("x-more"));
    }

    [Fact]
    public async Task Call_WithAStatusBesideAnHttpError_TrustsTheStatus()
    {
        var server = new FakeServer(new Reply { StatusCode = HttpStatusCode.InternalServerError, Headers = [("grpc-status", "8")], Trailers = [] });

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(415, StatusCode.Unknown)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(431, StatusCode.Internal)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(302, StatusCode.Unknown)]
    public async Task Call_WithAnHttpErrorAndNoStatus_MapsIt(int http, StatusCode expected)
    {
        var server = new FakeServer(new Reply { StatusCode = (HttpStatusCode)http, ContentType = "text/html", Trailers = [] });

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.CallAsync());

        Assert.Equal(expected, failure.StatusCode);
        Assert.Contains($"{http}", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/html")]
    [InlineData("application/grpc-web")]
    public async Task Call_WithAnotherContentType_Fails(string? contentType)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")) with { ContentType = contentType });

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc;charset=utf-8")]
    public async Task Call_WithAVariantOfTheContentType_Succeeds(string contentType)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")) with { ContentType = contentType });

        Assert.Equal("hello", await server.CallAsync());
    }

    [Fact]
    public async Task Call_WithAnHttp1Response_Fails()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")) with { Version = HttpVersion.Version11 });

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Call_WithoutAnyStatus_Fails()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")) with { Trailers = [] });

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ok")]
    [InlineData("-1")]
    [InlineData(" 0")]
    [InlineData("99999999999")]
    public async Task Call_WithAStatusThatIsNoNumber_IsUnknown(string status)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")) with { Trailers = [("grpc-status", status)] });

        Assert.Equal(StatusCode.Unknown, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Call_WithOkAndNoMessage_IsInternal()
    {
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => new FakeServer(Reply.Of()).CallAsync())).StatusCode);

        var headersOnly = new FakeServer(new Reply { Headers = [("grpc-status", "0")], Trailers = [] });
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => headersOnly.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Call_WithTwoMessages_IsInternal()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("one"), Frames.Plain("two")));

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    public async Task Call_WithATruncatedMessage_IsInternal(int length)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")[..length]));

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Call_WithAFlagOfNeitherZeroNorOne_IsInternal()
    {
        var server = new FakeServer(Reply.Of(Frames.Raw(2, [1])));

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => server.CallAsync())).StatusCode);
    }

    [Fact]
    public async Task Call_WhenTheDeserializerThrows_IsInternal()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "s", "m", Marshallers.StringMarshaller, new Marshaller<string>(_ => [], _ => throw new FormatException("not mine")));
        var invoker = new FakeServer(Reply.Of(Frames.Plain("hello"))).Connect().CreateCallInvoker();

        var failure = await Assert.ThrowsAsync<RpcException>(() => invoker.AsyncUnaryCall(method, null, default, "").ResponseAsync);

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.IsType<FormatException>(failure.Status.DebugException);
    }

    [Fact]
    public async Task Call_Throughout_ShowsHeadersStatusAndTrailers()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")) with
        {
            Headers = [("x-header", "a"), ("x-data-bin", "AQ,Ag==")],
            Trailers = [("grpc-status", "0"), ("x-trailer", "b")],
        });
        var call = server.Connect().CreateCallInvoker().AsyncUnaryCall(FakeServer.Unary, null, default, "");

        await call;

        var headers = await call.ResponseHeadersAsync;
        Assert.Equal("a", headers.GetValue("x-header"));
        Assert.Equal([[1], [2]], headers.GetAll("x-data-bin").Select(entry => entry.ValueBytes));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal("b", call.GetTrailers().GetValue("x-trailer"));
    }

    [Fact]
    public async Task Call_WithHeadersThatAreNoMetadata_LeavesThemOut()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")) with { Headers = [("x-data-bin", "not base64!"), ("x!", "odd name"), ("x-fine", "1")] });
        var call = server.Connect().CreateCallInvoker().AsyncUnaryCall(FakeServer.Unary, null, default, "");

        await call;

        Assert.Equal(["x-fine"], (await call.ResponseHeadersAsync).Select(entry => entry.Key));
    }

    [Fact]
    public void BlockingCall_WithOneMessage_ReturnsIt()
    {
        var invoker = new FakeServer(Reply.Of(Frames.Plain("hello"))).Connect().CreateCallInvoker();

        Assert.Equal("hello", invoker.BlockingUnaryCall(FakeServer.Unary, null, default, ""));
    }

    [Fact]
    public async Task Call_WithRandomBytes_AlwaysEndsWithAStatus()
    {
        const int Seed = 20260101;
        var random = new Random(Seed);
        for (var i = 0; i < 4_000; i++)
        {
            var body = new byte[random.Next(64)];
            random.NextBytes(body);
            if (random.Next(2) == 0 && body.Length > 5)
            {
                Frames.Raw((byte)random.Next(3), new byte[random.Next(body.Length - 5)]).CopyTo(body, 0); // a good frame, and rubbish after it
            }

            var reply = new Reply { Body = new DribblingStream(body, random.Next()), Headers = [("grpc-encoding", random.Next(2) == 0 ? "gzip" : "identity")] };
            var outcome = await Record.ExceptionAsync(() => new FakeServer(reply).CallAsync());
            Assert.True(outcome is null or RpcException, $"Seed {Seed}, case {i}: {outcome}");
        }
    }
}
