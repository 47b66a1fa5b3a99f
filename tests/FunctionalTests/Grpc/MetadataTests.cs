using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class MetadataTests : IAsyncLifetime
{
    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task RequestHeaders_WithText_ReachTheHandlerWithoutThoseOfTheProtocol()
    {
        var headers = await HeadersOf(("x-tenant", "blue"), ("grpc-timeout", "10S"), ("grpc-accept-encoding", "gzip"));

        Assert.Equal("blue", headers.GetValue("x-tenant"));
        Assert.Equal("blue", headers.GetValue("X-Tenant"));
        Assert.Null(headers.Get("grpc-timeout"));
        Assert.Null(headers.Get("grpc-accept-encoding"));
        Assert.Null(headers.Get("content-type"));
        Assert.Null(headers.Get("te"));
        Assert.DoesNotContain(headers, entry => entry.Key.StartsWith(':'));
    }

    [Theory]
    [InlineData("AAEC/w==", new byte[] { 0, 1, 2, 255 })]
    [InlineData("AAEC/w", new byte[] { 0, 1, 2, 255 })]
    [InlineData("AAEC", new byte[] { 0, 1, 2 })]
    [InlineData("AAE", new byte[] { 0, 1 })]
    public async Task RequestHeaders_WithBinary_AreDecodedWithAndWithoutPadding(string value, byte[] expected)
    {
        var headers = await HeadersOf(("token-bin", value));

        Assert.Equal(expected, headers.GetValueBytes("token-bin"));
        Assert.True(headers.Get("token-bin")!.IsBinary);
    }

#if !OFFICIAL_PACKAGES // The official server does not split them.
    [Fact]
    public async Task RequestHeaders_WithSeveralBinaryValuesInOne_AreSeparateEntries()
    {
        var headers = await HeadersOf(("token-bin", "AQ,Ag==, Aw"));

        Assert.Equal([[1], [2], [3]], headers.GetAll("token-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public async Task RequestHeaders_WithBinaryThatIsNotBase64_FailTheCallWithInternal()
    {
        _host.Behavior.Unary = (request, context) =>
        {
            _ = context.RequestHeaders;
            return Task.FromResult(request);
        };

        var reply = await _host.CallAsync("Unary", ProbeFrame(), ("token-bin", "a!b"));

        Assert.Equal(StatusCode.Internal, reply.Status);
    }
#endif

    [Fact]
    public async Task Context_TellsMethodHostPeerAndHttpContext()
    {
        var seen = new TaskCompletionSource<(string Method, string Host, string Peer, string Path, DateTime Deadline, bool Authenticated)>();
        _host.Behavior.Unary = (request, context) =>
        {
            context.UserState["key"] = "value";
            Assert.Equal("value", context.GetHttpContext().Items["key"]);
            seen.SetResult((context.Method, context.Host, context.Peer, context.GetHttpContext().Request.Path.Value!, context.Deadline, context.AuthContext.IsPeerAuthenticated));
            return Task.FromResult(request);
        };

        Assert.Equal(StatusCode.OK, (await _host.CallAsync("Unary", ProbeFrame())).Status);

        var (method, host, peer, path, deadline, authenticated) = await seen.Task;
        Assert.Equal("/functional.Probe/Unary", method);
        Assert.Equal(method, path);
        Assert.Equal(_host.Address.Authority, host);
        Assert.StartsWith("ipv4:127.0.0.1:", peer, StringComparison.Ordinal);
        Assert.Equal(DateTime.MaxValue, deadline);
        Assert.False(authenticated);
    }

    [Fact]
    public void GetHttpContext_OnForeignContext_ThrowsUnlessItsUserStateHoldsOne()
    {
        var foreign = new ForeignContext();
        Assert.Throws<InvalidOperationException>(() => foreign.GetHttpContext());

        var http = new DefaultHttpContext();
        foreign.UserState["__HttpContext"] = http;
        Assert.Same(http, foreign.GetHttpContext());
    }

    [Fact]
    public async Task ResponseTrailers_WithTextAndBinary_FollowTheMessage()
    {
        _host.Behavior.Unary = (request, context) =>
        {
            context.ResponseTrailers.Add("took", "1ms");
            context.ResponseTrailers.Add("trace-bin", [251, 255]);
            context.ResponseTrailers.Add("took", "2ms");
            return Task.FromResult(request);
        };

        var reply = await _host.CallAsync("Unary", ProbeFrame());

        Assert.Equal("1ms,2ms", string.Join(',', reply.Trailers["took"]));
        Assert.Equal("+/8", reply.Trailers["trace-bin"].Single().TrimEnd('='));
        Assert.Equal(StatusCode.OK, reply.Status);
    }

    [Fact]
    public async Task ResponseTrailers_ThatPretendToBeTheStatus_DoNotReplaceIt()
    {
        _host.Behavior.Unary = (request, context) =>
        {
            context.ResponseTrailers.Add("grpc-status", "13");
            context.ResponseTrailers.Add("grpc-message", "mine");
            return Task.FromResult(request);
        };

        var reply = await _host.CallAsync("Unary", ProbeFrame());

        Assert.Equal(StatusCode.OK, reply.Status);
        Assert.True(string.IsNullOrEmpty(reply.RawDetail), reply.RawDetail);
    }

    private async Task<Metadata> HeadersOf(params (string Name, string Value)[] headers)
    {
        Metadata seen = null!;
        _host.Behavior.Unary = (request, context) =>
        {
            seen = context.RequestHeaders;
            return Task.FromResult(request);
        };
        var reply = await _host.CallAsync("Unary", ProbeFrame(), headers);
        Assert.Equal(StatusCode.OK, reply.Status);
        return seen;
    }

    private sealed class ForeignContext : ServerCallContext
    {
        protected override string MethodCore => "";

        protected override string HostCore => "";

        protected override string PeerCore => "";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore => [];

        protected override CancellationToken CancellationTokenCore => default;

        protected override Metadata ResponseTrailersCore => [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => new(null, []);

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }
}
