using System.Buffers.Binary;
using System.Net;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using RedisRig;

namespace FunctionalTests.GrpcClient;

/// <summary>A Kestrel that answers by hand, so that a server can be as wrong, slow or abrupt as a test wants it. HTTP/2 without TLS.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    public static readonly Method<string, string> Unary = Method(MethodType.Unary);
    public static readonly Method<string, string> ClientStreaming = Method(MethodType.ClientStreaming);
    public static readonly Method<string, string> ServerStreaming = Method(MethodType.ServerStreaming);

    private readonly WebApplication _app;

    private RawServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<RawServer> StartAsync(RequestDelegate answer, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return new RawServer(app);
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort() => FreePorts.Take();

    public static byte[] Frame(string message)
    {
        var frame = new byte[5 + Encoding.UTF8.GetByteCount(message)];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - 5);
        Encoding.UTF8.GetBytes(message, frame.AsSpan(5));
        return frame;
    }

    /// <summary>Sends one message, and OK.</summary>
    public static async Task ReplyAsync(HttpContext context, string message)
    {
        await SendAsync(context, message);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    /// <summary>Sends one message.</summary>
    public static async Task SendAsync(HttpContext context, string message)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(Frame(message));
        await context.Response.Body.FlushAsync();
    }

    public CallInvoker Connect(out GrpcChannel channel)
    {
        channel = GrpcChannel.ForAddress(Address);
        return channel.CreateCallInvoker();
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static Method<string, string> Method(MethodType type)
        => new(type, "package.Service", "Method", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
}
