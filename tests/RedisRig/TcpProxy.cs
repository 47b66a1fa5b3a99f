using System.Net;
using System.Net.Sockets;

namespace RedisRig;

/// <summary>
/// Stands between a client and a server of this machine and spoils the connection on demand: delays, resets, silence, refusal. Everything can be switched while traffic
/// flows; safe for concurrent use.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly int _target;
    private readonly Lock _gate = new();
    private readonly HashSet<ProxiedConnection> _connections = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private TaskCompletionSource? _frozen;
    private long _toServerTicks;
    private long _toClientTicks;
    private int _accepted;

    private TcpProxy(int target)
    {
        _target = target;
        Port = FreePorts.Take();
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>How long bytes to the server are held back.</summary>
    public TimeSpan DelayToServer
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _toServerTicks));
        set => Volatile.Write(ref _toServerTicks, value.Ticks);
    }

    /// <summary>How long bytes to the client are held back.</summary>
    public TimeSpan DelayToClient
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _toClientTicks));
        set => Volatile.Write(ref _toClientTicks, value.Ticks);
    }

    /// <summary>Connections that were ever taken.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections that are open.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
                return _connections.Count;
        }
    }

    /// <summary>Listens and passes everything on to a port of this machine.</summary>
    public static TcpProxy Start(int target)
    {
        var proxy = new TcpProxy(target);
        proxy.Accept();
        return proxy;
    }

    /// <summary>Takes new connections again after <see cref="Refuse"/>.</summary>
    public void Accept()
    {
        lock (_gate)
        {
            if (_listener is not null)
                return;
            _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
            _listener.Listen(128);
            _accepting = AcceptAsync(_listener);
        }
    }

    /// <summary>Refuses new connections from now on. Open ones stay.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _listener?.Dispose();
            _listener = null;
        }
    }

    /// <summary>Passes nothing on any more, in neither direction, and closes nothing: the silence of a lost link. New connections are taken and are as silent.</summary>
    public void Freeze()
    {
        lock (_gate)
            _frozen ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Passes everything on again, what came meanwhile first.</summary>
    public void Thaw()
    {
        lock (_gate)
        {
            _frozen?.SetResult();
            _frozen = null;
        }
    }

    /// <summary>Makes the open connections silent for good, without closing them, as a router does that forgets them. New ones work.</summary>
    /// <returns>How many there were.</returns>
    public int Abandon()
    {
        ProxiedConnection[] connections = Connections();
        foreach (ProxiedConnection connection in connections)
            connection.Abandon();
        return connections.Length;
    }

    /// <summary>Ends the open connections by a TCP reset, on both sides.</summary>
    /// <returns>How many there were.</returns>
    public int Reset()
    {
        ProxiedConnection[] connections = Connections();
        foreach (ProxiedConnection connection in connections)
            connection.Reset();
        return connections.Length;
    }

    public async ValueTask DisposeAsync()
    {
        Refuse();
        await _accepting;
        Thaw();
        while (Connections() is { Length: > 0 } open)
        {
            foreach (ProxiedConnection connection in open)
                connection.Reset();
            await Task.WhenAll(open.Select(static connection => connection.Ended));
        }
    }

    /// <summary>Completes when bytes may pass.</summary>
    internal Task PassingAsync()
    {
        lock (_gate)
            return _frozen?.Task ?? Task.CompletedTask;
    }

    private ProxiedConnection[] Connections()
    {
        lock (_gate)
            return [.. _connections];
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _accepted);
            var connection = new ProxiedConnection(this, client, _target);
            lock (_gate)
                _connections.Add(connection);
            _ = RunAsync(connection);
        }
    }

    private async Task RunAsync(ProxiedConnection connection)
    {
        await connection.RunAsync();
        lock (_gate)
            _connections.Remove(connection);
    }
}
