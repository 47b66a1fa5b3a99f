using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace RedisRig;

/// <summary>One connection through a <see cref="TcpProxy"/>: a pump for each direction. When one side ends, so does the other.</summary>
internal sealed class ProxiedConnection
{
    private const int ChunkBytes = 32 * 1024;

    private readonly TcpProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly int _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time = TimeProvider.System;
    private int _isReset;
    private volatile bool _isAbandoned;

    public ProxiedConnection(TcpProxy proxy, Socket client, int target)
    {
        _proxy = proxy;
        _client = client;
        _client.NoDelay = true;
        _target = target;
    }

    /// <summary>Completes when both sides are closed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Passes nothing on any more, for good.</summary>
    public void Abandon() => _isAbandoned = true;

    /// <summary>Closes both sides by a TCP reset.</summary>
    public void Reset()
    {
        if (Interlocked.Exchange(ref _isReset, 1) == 0)
            _stop.Cancel();
    }

    /// <summary>Passes bytes on until one side ends or <see cref="Reset"/>. Does not throw.</summary>
    public async Task RunAsync()
    {
        try
        {
            await _proxy.PassingAsync().WaitAsync(_stop.Token);
            await _server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _target), _stop.Token);
            Task first = await Task.WhenAny(
                PumpAsync(_client, _server, () => _proxy.DelayToServer),
                PumpAsync(_server, _client, () => _proxy.DelayToClient));
            await first;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // However it ended, both sides are told below.
        }

        if (_isReset == 1)
        {
            _client.LingerState = new LingerOption(true, 0);
            _server.LingerState = new LingerOption(true, 0);
        }

        await _stop.CancelAsync();
        _client.Dispose();
        _server.Dispose();
        _ended.SetResult();
    }

    private async Task PumpAsync(Socket from, Socket to, Func<TimeSpan> delay)
    {
        var waiting = Channel.CreateUnbounded<(byte[] Bytes, long Arrived, TimeSpan Delay)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        Task sending = SendAsync(waiting.Reader, to);
        try
        {
            var chunk = new byte[ChunkBytes];
            while (true)
            {
                int count = await from.ReceiveAsync(chunk, _stop.Token);
                if (count == 0)
                    break;
                waiting.Writer.TryWrite((chunk[..count], _time.GetTimestamp(), delay()));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The other direction may still have something to say; the sender below ends this one.
        }

        waiting.Writer.Complete();
        await sending;
    }

    private async Task SendAsync(ChannelReader<(byte[] Bytes, long Arrived, TimeSpan Delay)> waiting, Socket to)
    {
        await foreach ((byte[] bytes, long arrived, TimeSpan delay) in waiting.ReadAllAsync(_stop.Token))
        {
            TimeSpan left = delay - _time.GetElapsedTime(arrived);
            if (left > TimeSpan.Zero)
                await Task.Delay(left, _time, _stop.Token);
            await _proxy.PassingAsync().WaitAsync(_stop.Token);
            if (_isAbandoned)
                continue;
            for (int sent = 0; sent < bytes.Length;)
                sent += await to.SendAsync(bytes.AsMemory(sent), _stop.Token);
        }

        // An abandoned connection hears nothing of the other side's end either.
        if (_isAbandoned)
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, _stop.Token);
    }
}
