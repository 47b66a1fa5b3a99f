using Grpc.Core;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class RequestTests
{
    [Fact]
    public async Task Request_OfAnyCall_IsOfTheProtocol()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.CallAsync("hello");

        Assert.Equal(HttpMethod.Post, server.Request!.Method);
        Assert.Equal("http://server/package.Service/Method", server.Request.RequestUri!.ToString());
        Assert.Equal(new Version(2, 0), server.Request.Version);
        Assert.Equal(HttpVersionPolicy.RequestVersionExact, server.Request.VersionPolicy);
        Assert.Equal("application/grpc", server.Request.Content!.Headers.ContentType!.ToString());
        Assert.Equal("trailers", server.Header("te"));
        Assert.StartsWith("grpc-dotnet", server.Header("user-agent"), StringComparison.Ordinal);
        Assert.Equal("", server.Header("grpc-timeout"));
        Assert.Equal("", server.Header("grpc-encoding"));
        Assert.Null(server.Request.Content.Headers.ContentLength);
        Assert.Equal(Frames.Plain("hello"), server.RequestBody);
    }

    [Fact]
    public async Task Request_WithMetadata_CarriesIt()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));
        var metadata = new Metadata { { "X-Text", "a" }, { "x-data-bin", [1] }, { "x-text", "b" }, { "x-data-bin", [2, 3] }, { "grpc-timeout", "1H" } };

        await server.CallAsync(options: new CallOptions(metadata));

        Assert.Equal("a|b", server.Header("x-text"));
        Assert.Equal("AQ,AgM", server.Header("x-data-bin"));
        Assert.Equal("", server.Header("grpc-timeout"));
    }

    [Theory]
    [InlineData("a\r\nx-injected: b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("naïve")]
    public async Task Request_WithMetadataThatIsNotPrintableAscii_IsNotSent(string value)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        var failure = await Assert.ThrowsAsync<RpcException>(() => server.CallAsync(options: new CallOptions(new Metadata { { "x-text", value } })));

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Contains("x-text", failure.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, server.Attempts);
    }

    [Fact]
    public async Task Request_WithAPathInTheAddress_GoesToTheMethodAllTheSame()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.Connect(address: "http://server/some/path").CreateCallInvoker().AsyncUnaryCall(FakeServer.Unary, null, default, "");

        Assert.Equal("/package.Service/Method", server.Request!.RequestUri!.AbsolutePath);
    }

    [Fact]
    public async Task Request_WhenTheSerializerThrows_FailsAndSendsNothing()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "s", "m", new Marshaller<string>(_ => throw new FormatException("not mine"), _ => ""), Marshallers.StringMarshaller);
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        var call = server.Connect().CreateCallInvoker().AsyncUnaryCall(method, null, default, "");

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Empty(server.RequestBody);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Request_OfASerializer_TakesItsBytesHoweverItGivesThem(bool writer, bool announces)
    {
        var serializer = new Marshaller<string>(
            (text, context) =>
            {
                var bytes = System.Text.Encoding.UTF8.GetBytes(text);
                if (announces)
                {
                    context.SetPayloadLength(bytes.Length);
                }

                if (writer)
                {
                    bytes.CopyTo(context.GetBufferWriter().GetSpan(bytes.Length));
                    context.GetBufferWriter().Advance(bytes.Length);
                    context.Complete();
                }
                else
                {
                    context.Complete(bytes);
                }
            },
            context => System.Text.Encoding.UTF8.GetString(context.PayloadAsNewBuffer()));
        var server = new FakeServer(Reply.Of(Frames.Plain("hello")));
        var text = new string('x', 10_000);

        var method = new Method<string, string>(MethodType.Unary, "s", "m", serializer, serializer);
        await server.Connect().CreateCallInvoker().AsyncUnaryCall(method, null, default, text);

        Assert.Equal(Frames.Plain(text), server.RequestBody);
    }
}
