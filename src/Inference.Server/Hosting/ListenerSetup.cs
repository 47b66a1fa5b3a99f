using System.Net.Sockets;
using Inference.Server.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Inference.Server.Hosting;

/// <summary>Opens the two ports: gRPC speaks HTTP/2 alone, the rest HTTP/1.1 alone, so no negotiation is needed without TLS.</summary>
internal static class ListenerSetup
{
    public static void Apply(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        // gRPC limits each message itself; a limit on the whole body would end long streams.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.Http2.MaxStreamsPerConnection = options.MaxStreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = options.KeepAlivePingDelay;
        Listen(kestrel, options.GrpcAddress, HttpProtocols.Http2);
        Listen(kestrel, options.HttpAddress, HttpProtocols.Http1);
    }

    private static void Listen(KestrelServerOptions kestrel, string text, HttpProtocols protocols)
    {
        if (!ListenAddress.TryParse(text, out ListenAddress? address, out string? error))
            throw new ArgumentException($"'{text}' is no address: {error}.", nameof(text));
        if (address.EndPoint is { } endPoint)
        {
            kestrel.Listen(endPoint, listener => listener.Protocols = protocols);
            return;
        }

        RemoveLeftover(address.UnixSocket!);
        kestrel.ListenUnixSocket(address.UnixSocket!, listener => listener.Protocols = protocols);
    }

    /// <summary>A server that was killed leaves its socket behind, and the next one could not open it. One that somebody listens on stays, and the start says so.</summary>
    private static void RemoveLeftover(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
        catch (SocketException)
        {
            // Not a socket, or not ours to touch: binding will tell.
        }
    }
}
