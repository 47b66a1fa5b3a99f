using System.Net;
using System.Net.Sockets;

namespace FunctionalTests.Storage;

/// <summary>A way to Redis that can go dead without a word, as when a machine or a firewall vanishes: connections stay, and nothing comes through.</summary>
internal sealed class SilentRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _clients = [];
    private readonly int _target;
    private volatile int _generation, _deadUntil = -1;

    public SilentRelay(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>From now on the connections that there are carry nothing; new ones do.</summary>
    public void LoseConnections() => _deadUntil = _generation;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_clients)
            _clients.ForEach(static client => client.Dispose());
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(), server = new();
                lock (_clients)
                    _clients.AddRange([client, server]);
                await server.ConnectAsync(IPAddress.Loopback, _target);
                int generation = ++_generation;
                _ = CopyAsync(client, server, generation);
                _ = CopyAsync(server, client, generation);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, int generation)
    {
        var buffer = new byte[65_536];
        try
        {
            while (await from.GetStream().ReadAsync(buffer) is var read and > 0)
            {
                if (generation > _deadUntil)
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One end has closed.
        }
    }
}
