using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class ProtocolTests : IAsyncLifetime
{
    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("application/grpc", HttpStatusCode.OK)]
    [InlineData("application/grpc+proto", HttpStatusCode.OK)]
    [InlineData("application/grpc;charset=utf-8", HttpStatusCode.OK)]
    [InlineData("application/grpc-web", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task Request_OfContentType_IsServedOrRefused(string contentType, HttpStatusCode expected)
    {
        var content = new ByteArrayContent(ProbeFrame(1));
        content.Headers.TryAddWithoutValidation("content-type", contentType);

        using var response = await _host.Client.SendAsync(Request("Unary", content));

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Request_WithoutContentType_IsRefused()
    {
        var request = Request("Unary", ProbeFrame(1));
        request.Content!.Headers.ContentType = null;

        using var response = await _host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Request_OtherThanPost_IsNotServed(string method)
    {
        var request = Request("Unary", ProbeFrame(1));
        request.Method = new HttpMethod(method);

        using var response = await _host.Client.SendAsync(request);

#if OFFICIAL_PACKAGES
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
#else
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
#endif
    }

    [Fact]
    public async Task Request_OverHttp1_IsToldToUpgrade()
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_host.Http1Address, "/functional.Probe/Unary"))
        {
            Content = new ByteArrayContent(ProbeFrame(1)) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
        Assert.Equal("HTTP/2", response.Headers.Upgrade.Single().ToString());
    }

    [Theory]
    [InlineData("/functional.Probe/Nothing", "Method is unimplemented.")]
    [InlineData("/no.such.Service/Nothing", "Service is unimplemented.")]
    public async Task Call_ToWhatIsNotThere_FailsWithUnimplemented(string path, string detail)
    {
        var request = Request("Unary", ProbeFrame(1));
        request.RequestUri = new Uri(path, UriKind.Relative);

        using var response = await _host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var reply = await GrpcReply.ReadAsync(response);

        Assert.Equal(HttpStatusCode.OK, reply.Http);
        Assert.Equal(StatusCode.Unimplemented, reply.Status);
        Assert.Equal(detail, reply.Detail);
        Assert.Equal("application/grpc", reply.Headers["content-type"].Single());
    }

    [Fact]
    public async Task Request_ThatIsNotGrpcToWhatIsNotThere_IsNotFound()
    {
        using var response = await _host.Client.GetAsync(new Uri("/no.such.Service/Nothing", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Request_ThatIsNotGrpc_ReachesEndpointsOfTheApplicationOfTheSameShape()
    {
        await using var host = await GrpcHost.StartAsync(map: app =>
        {
            app.MapGrpcService<ProbeService>();
            app.MapPost("/{a}/{b}", (string a, string b) => $"{a} and {b}");
            app.MapFallback(http => http.Response.WriteAsync("fallback"));
        });

        using var own = await host.Client.PostAsync(new Uri("/x/y", UriKind.Relative), new StringContent("text"));
        Assert.Equal("x and y", await own.Content.ReadAsStringAsync());
        using var fallback = await host.Client.GetAsync(new Uri("/x/y/z", UriKind.Relative));
        Assert.Equal("fallback", await fallback.Content.ReadAsStringAsync());

        var request = Request("Unary", ProbeFrame(1));
        request.RequestUri = new Uri("/x/y", UriKind.Relative);
        using var response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(StatusCode.Unimplemented, (await GrpcReply.ReadAsync(response)).Status);
        Assert.Equal([1], (await host.CallAsync("Unary", ProbeFrame(1))).Content);
    }

    [Fact]
    public async Task UnknownServices_WhenIgnored_AreLeftToTheApplication()
    {
        await using var host = await GrpcHost.StartAsync(
            options => options.IgnoreUnknownServices = true,
            map: app =>
            {
                app.MapGrpcService<ProbeService>();
                app.MapFallback(http => http.Response.WriteAsync("own"));
            });

        foreach (var path in new[] { "/no.such.Service/Nothing", "/functional.Probe/Nothing" })
        {
            var request = Request("Unary", ProbeFrame(1));
            request.RequestUri = new Uri(path, UriKind.Relative);
            using var response = await host.Client.SendAsync(request);
            Assert.Equal("own", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public void MapGrpcService_WithoutAddGrpc_ThrowsInvalidOperation()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddRouting();
        using var app = (IDisposable)builder.Build();

        Assert.Throws<InvalidOperationException>(() => ((WebApplication)app).MapGrpcService<ProbeService>());
    }
}
