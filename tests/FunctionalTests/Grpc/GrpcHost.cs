using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FunctionalTests.Grpc;

/// <summary>A real Kestrel on a free port with <see cref="ProbeService"/>, and a raw HTTP/2 client of it.</summary>
public sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _active;

    private GrpcHost(WebApplication app, ProbeBehavior behavior)
    {
        _app = app;
        Behavior = behavior;
    }

    public ProbeBehavior Behavior { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Where HTTP/2 without TLS is served.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where HTTP/1.1 is served.</summary>
    public Uri Http1Address { get; private set; } = null!;

    /// <summary>Requests that the application is serving now.</summary>
    public int ActiveRequests => Volatile.Read(ref _active);

    public HttpClient Client { get; private set; } = null!;

    public static async Task<GrpcHost> StartAsync(
        Action<GrpcServiceOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null,
        Action<IGrpcServerBuilder>? grpc = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var behavior = new ProbeBehavior();
        builder.Services.AddSingleton(behavior);
        var added = builder.Services.AddGrpc(options ?? (_ => { }));
        grpc?.Invoke(added);
        services?.Invoke(builder.Services);

        var app = builder.Build();
        var host = new GrpcHost(app, behavior);
        app.Use(async (http, next) =>
        {
            Interlocked.Increment(ref host._active);
            try
            {
                await next(http);
            }
            finally
            {
                Interlocked.Decrement(ref host._active);
            }
        });
        (map ?? (target => target.MapGrpcService<ProbeService>()))(app);
        await app.StartAsync();

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        host.Address = new Uri(addresses[0]);
        host.Http1Address = new Uri(addresses[1]);
        host.Client = new HttpClient(new SocketsHttpHandler { EnableMultipleHttp2Connections = true, AutomaticDecompression = DecompressionMethods.None })
        {
            BaseAddress = host.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(30),
        };
        return host;
    }

    /// <summary>Waits until the application serves nothing; fails where a call has leaked.</summary>
    public async Task AssertIdleAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (ActiveRequests > 0)
        {
            Assert.False(limit.IsCancellationRequested, $"{ActiveRequests} requests are still being served.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), CancellationToken.None);
        }
    }

    /// <summary>Waits until something is so: what goes with the scope of a request goes after its answer, and after it counts as served.</summary>
    public static async Task AssertBecomesAsync<T>(T expected, Func<T> actual)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!EqualityComparer<T>.Default.Equals(expected, actual()) && !limit.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(2), CancellationToken.None);
        Assert.Equal(expected, actual());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
