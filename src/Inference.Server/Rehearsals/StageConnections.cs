using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Inference.Server.Rehearsals;

/// <summary>
/// A transport without an address: connections are two ends of a pair that this process made, so that nobody else can make one. The ends are sockets on loopback, so the code that reads and writes is that of clients.
/// </summary>
internal sealed class StageConnections(ILoggerFactory logs) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly SocketConnectionContextFactory _contexts = new(new SocketConnectionFactoryOptions(), logs.CreateLogger<StageConnections>());

    public bool CanBind(EndPoint endpoint) => endpoint is Door;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => ValueTask.FromResult<IConnectionListener>(new Listener((Door)endpoint, _contexts));

    public void Dispose() => _contexts.Dispose();

    /// <summary>Where connections come in.</summary>
    /// <param name="protocols">What is spoken.</param>
    public sealed class Door(HttpProtocols protocols) : EndPoint
    {
        private readonly Channel<Socket> _waiting = Channel.CreateUnbounded<Socket>();

        public HttpProtocols Protocols => protocols;

        internal ChannelReader<Socket> Waiting => _waiting.Reader;

        /// <summary>Makes a connection.</summary>
        /// <returns>The client's end, which owns its socket.</returns>
        /// <exception cref="SocketException">There is no loopback.</exception>
        public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
        {
            (Socket client, Socket server) = await ConnectPairAsync(cancellationToken);
            if (!_waiting.Writer.TryWrite(server))
                server.Dispose();
            return new NetworkStream(client, ownsSocket: true);
        }

        internal void Close()
        {
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out Socket? socket))
                socket.Dispose();
        }

        public override string ToString() => $"in-process:{protocols}";
    }

    private static async Task<(Socket Client, Socket Server)> ConnectPairAsync(CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(backlog: 1);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await client.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
            while (true)
            {
                Socket server = await listener.AcceptAsync(cancellationToken);
                server.NoDelay = true;
                if (client.LocalEndPoint!.Equals(server.RemoteEndPoint))
                    return (client, server);
                // Somebody else found the port while it was open.
                server.Dispose();
            }
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private sealed class Listener(Door door, SocketConnectionContextFactory contexts) : IConnectionListener
    {
        public EndPoint EndPoint => door;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await door.Waiting.WaitToReadAsync(cancellationToken))
            {
                if (door.Waiting.TryRead(out Socket? socket))
                    return contexts.Create(socket);
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            door.Close();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
