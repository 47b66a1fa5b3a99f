using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InteropTests.Service;

/// <summary>This project's server with the interoperability test service, on a free port of the loopback.</summary>
internal sealed class InteropServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private InteropServer(WebApplication app, WatchedCalls calls)
    {
        _app = app;
        Calls = calls;
    }

    public WatchedCalls Calls { get; }

    /// <summary>HOST:PORT.</summary>
    public string Address => new Uri(_app.Urls.Single()).Authority;

    public static async Task<InteropServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var app = builder.Build();
        var calls = new WatchedCalls();
        app.Use(next => context => calls.InvokeAsync(context, next));
        app.MapGrpcService<InteropTestService>();
        await app.StartAsync();
        return new InteropServer(app, calls);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
