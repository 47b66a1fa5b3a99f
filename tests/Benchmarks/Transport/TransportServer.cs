using System.Buffers;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Benchmarks.Transport;

/// <summary>
/// <c>transport-server --kind grpc|bare --port 0</c>: the server side of load-tests/transport.sh. <c>grpc</c> serves <see cref="EchoService"/>;
/// <c>bare</c> is what Kestrel costs alone: it reads the same body and writes the same bytes, without routing, messages or trailers.
/// Prints its addresses on one line; <c>GET /allocated</c> on the second one answers with the bytes allocated so far.
/// </summary>
internal static class TransportServer
{
    public static async Task<int> RunAsync(string[] args)
    {
        var kind = Option(args, "--kind", "grpc");
        if (kind is not ("grpc" or "bare"))
        {
            await Console.Error.WriteLineAsync($"transport-server: --kind is '{kind}'; it must be grpc or bare");
            return 2;
        }

        var port = int.Parse(Option(args, "--port", "0"), CultureInfo.InvariantCulture);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<EchoService>();

        await using var app = builder.Build();
        app.MapGet("/allocated", static (HttpContext http) =>
            http.Response.WriteAsync(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture)));
        if (kind == "grpc")
        {
            app.MapGrpcService<EchoService>();
        }
        else
        {
            var reply = Frame(EchoService.Reply);
            app.Use((http, next) => HttpMethods.IsPost(http.Request.Method) ? ServeBareAsync(http, reply) : next(http));
        }

        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Console.WriteLine(string.Join(' ', addresses));
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary><c>transport-request</c>: writes the request body that the load generator sends to the standard output.</summary>
    public static int WriteRequest()
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Frame(EchoService.Request));
        return 0;
    }

    private static async Task ServeBareAsync(HttpContext http, byte[] reply)
    {
        var body = http.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync();
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        http.Response.ContentType = "application/grpc";
        http.Response.BodyWriter.Write(reply);
    }

    private static byte[] Frame(IMessage message)
    {
        var bytes = message.ToByteArray();
        return [0, (byte)(bytes.Length >> 24), (byte)(bytes.Length >> 16), (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
    }

    private static string Option(string[] args, string name, string otherwise)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
    }
}
