using System.Net.Security;
using System.Net.Sockets;
using Inference.Server.Options;
using Inference.Server.Security.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Inference.Server.Hosting;

/// <summary>Opens the ports: gRPC speaks HTTP/2 alone, the rest HTTP/1.1 alone, so no negotiation is needed without TLS.</summary>
internal static class ListenerSetup
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <param name="kestrel">What is set up.</param>
    /// <param name="options">Limits.</param>
    /// <param name="listeners">The addresses.</param>
    /// <param name="certificate">The certificate of the addresses with TLS; null where there is none.</param>
    public static void Apply(KestrelServerOptions kestrel, ServerOptions options, IReadOnlyList<ServedListener> listeners, ServedCertificate? certificate)
    {
        kestrel.AddServerHeader = false;
        // gRPC limits each message itself; a limit on the whole body would end long streams.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = options.MaxHeaderBytes;
        kestrel.Limits.Http2.MaxStreamsPerConnection = options.MaxStreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = options.KeepAlivePingDelay;
        foreach (ServedListener listener in listeners)
            Listen(kestrel, listener, certificate);
    }

    private static void Listen(KestrelServerOptions kestrel, ServedListener served, ServedCertificate? certificate)
    {
        void Configure(ListenOptions listener)
        {
            listener.Protocols = served.Protocols;
            listener.Use(next => connection =>
            {
                connection.Features.Set(served);
                return next(connection);
            });
            if (served.Tls == ListenerTls.Off)
                return;
            ServedCertificate shown = certificate ?? throw new InvalidOperationException("There is TLS, but no certificate.");
            SslApplicationProtocol protocol = served.Protocols == HttpProtocols.Http2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11;
            listener.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = HandshakeTimeout, OnConnection = _ => ValueTask.FromResult(shown.OptionsOf(served.Tls, protocol)) });
        }

        if (served.Address.EndPoint is { } endPoint)
        {
            kestrel.Listen(endPoint, Configure);
            return;
        }

        RemoveLeftover(served.Address.UnixSocket!);
        kestrel.ListenUnixSocket(served.Address.UnixSocket!, Configure);
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
