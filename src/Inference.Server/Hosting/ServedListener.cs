using Inference.Server.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Inference.Server.Hosting;

/// <summary>One address that the server opens; a feature of the connections that are made to it.</summary>
/// <param name="Address">Where.</param>
/// <param name="Protocols">HTTP/2 for gRPC, HTTP/1.1 for the rest.</param>
/// <param name="Tls">What TLS asks there.</param>
/// <param name="ServesAdmin">Whether the services of operators are served there.</param>
internal sealed record ServedListener(ListenAddress Address, HttpProtocols Protocols, ListenerTls Tls, bool ServesAdmin)
{
    /// <summary>All addresses, in the order in which they are opened: gRPC, HTTP, and the admin address where nothing else on this machine serves what it is for (ADR 42).</summary>
    public static IReadOnlyList<ServedListener> All(ServerOptions server, TlsOptions tls)
    {
        ListenAddress grpc = Parse(server.GrpcAddress), http = Parse(server.HttpAddress);
        ListenerTls Asked(ListenerTls wanted) => tls.IsOn ? wanted : ListenerTls.Off;
        bool Serves(ListenAddress address) => server.AdminServices == AdminServices.Everywhere || (server.AdminServices == AdminServices.Auto && address.IsLocal);
        var all = new List<ServedListener>
        {
            new(grpc, HttpProtocols.Http2, Asked(tls.Grpc), Serves(grpc)),
            new(http, HttpProtocols.Http1, Asked(tls.Http), Serves(http)),
        };
        if (server.AdminAddress.Length > 0 && !Serves(grpc))
            all.Add(new ServedListener(Parse(server.AdminAddress), HttpProtocols.Http2, Asked(tls.Admin), ServesAdmin: true));
        return all;
    }

    private static ListenAddress Parse(string text) =>
        ListenAddress.TryParse(text, out ListenAddress? address, out string? error) ? address : throw new ArgumentException($"'{text}' is no address: {error}.", nameof(text));
}
