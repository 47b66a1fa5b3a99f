using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class ChannelTests
{
    private static readonly CallCredentials s_token = CallCredentials.FromInterceptor((context, metadata) =>
    {
        metadata.Add("authorization", $"token for {context.ServiceUrl} {context.MethodName}");
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData("ftp://server")]
    [InlineData("dns:///server")]
    [InlineData("unix:/run/socket")]
    public void ForAddress_WithAnotherScheme_Refuses(string address)
        => Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress(address));

    [Fact]
    public void ForAddress_WithClientAndHandler_Refuses()
    {
        var options = new GrpcChannelOptions { HttpClient = new HttpClient(), HttpHandler = new SocketsHttpHandler() };

        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://server", options));
    }

    [Fact]
    public void ForAddress_WithCredentialsThatContradictTheScheme_Refuses()
    {
        static void Refuses(string address, ChannelCredentials credentials)
            => Assert.Throws<InvalidOperationException>(() => GrpcChannel.ForAddress(address, new GrpcChannelOptions { Credentials = credentials }));

        Refuses("http://server", ChannelCredentials.SecureSsl);
        Refuses("https://server", ChannelCredentials.Insecure);
        Refuses("https://server", new SslCredentials("certificates"));
        Refuses("http://server", ChannelCredentials.Create(ChannelCredentials.Insecure, s_token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispose_OfTheChannel_DisposesOfTheHandlerOnlyIfAsked(bool asked)
    {
        var server = new FakeServer(Reply.Of());

        server.Connect(options => options.DisposeHttpClient = asked).Dispose();

        Assert.Equal(asked, server.IsDisposed);
    }

    [Fact]
    public async Task Call_ThroughAnHttpClient_DoesNotWaitForTheWholeResponse()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var server = new FakeServer(new Reply { Body = pipe.Reader.AsStream() });
        using var channel = GrpcChannel.ForAddress("http://server", new GrpcChannelOptions { HttpClient = new HttpClient(server) });
        var call = channel.CreateCallInvoker().AsyncServerStreamingCall(FakeServer.ServerStreaming, null, default, "");

        await pipe.Writer.WriteAsync(Frames.Plain("first"));

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("first", call.ResponseStream.Current);
    }

    [Theory]
    [InlineData("https://server:8443", "https://server:8443/package.Service")]
    [InlineData("https://server:443", "https://server/package.Service")]
    public async Task CallCredentials_OverTls_AuthenticateTheCall(string address, string serviceUrl)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));
        var second = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("x-second", "yes");
            return Task.CompletedTask;
        });
        var channel = server.Connect(options => options.Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, second), address);

        await channel.CreateCallInvoker().AsyncUnaryCall(FakeServer.Unary, null, new CallOptions(credentials: CallCredentials.Compose(s_token, second)), "");

        Assert.Equal($"token for {serviceUrl} Method", server.Header("authorization"));
        Assert.Equal("yes|yes", server.Header("x-second"));
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "token for http://server/package.Service Method")]
    public async Task CallCredentials_WithoutTls_AreSentOnlyOnDemand(bool demanded, string expected)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        await server.CallAsync(
            options: new CallOptions(credentials: s_token), configure: options => options.UnsafeUseInsecureChannelCallCredentials = demanded);

        Assert.Equal(expected, server.Header("authorization"));
    }

    [Fact]
    public async Task CallCredentials_ThatFail_FailTheCall()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));
        var broken = CallCredentials.FromInterceptor((_, _) => throw new InvalidOperationException("no token"));

        var call = server.CallAsync(
            options: new CallOptions(credentials: broken), configure: options => options.UnsafeUseInsecureChannelCallCredentials = true);

        var failure = await Assert.ThrowsAsync<RpcException>(() => call);

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.Equal(0, server.Attempts);
    }

    [Fact]
    public async Task Intercept_OfAChannel_SeesTheCall()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));
        var invoker = server.Connect().Intercept(metadata =>
        {
            metadata.Add("x-intercepted", "yes");
            return metadata;
        });

        await invoker.AsyncUnaryCall(FakeServer.Unary, null, default, "");

        Assert.Equal("yes", server.Header("x-intercepted"));
    }
}
