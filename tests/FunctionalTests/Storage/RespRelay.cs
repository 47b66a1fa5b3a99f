using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FunctionalTests.Storage;

/// <summary>Stands before a real Redis and answers some commands itself; all others, and what is subscribed to, go through. One answer after the other on each connection, as Redis does.</summary>
internal abstract class RespRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly int _behind;
    private readonly Task _accepting;

    /// <param name="behind">Port of the Redis behind it.</param>
    protected RespRelay(int behind)
    {
        _behind = behind;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    /// <summary>The whole answer, as RESP; null for a command that is not its own.</summary>
    protected abstract byte[]? Answer(byte[][] words);

    protected static string TextOf(byte[] word) => Encoding.UTF8.GetString(word);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ended.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient front = client, back = new() { NoDelay = true };
        front.NoDelay = true;
        try
        {
            await back.ConnectAsync(IPAddress.Loopback, _behind, _ended.Token);
            var asking = new BufferedStream(front.GetStream());
            var answering = new BufferedStream(back.GetStream());
            while (true)
            {
                var sent = new MemoryStream();
                byte[][] words = await ReadAsync(asking, sent);
                if (Answer(words) is { } answer)
                {
                    await front.GetStream().WriteAsync(answer, _ended.Token);
                    continue;
                }

                await back.GetStream().WriteAsync(sent.ToArray(), _ended.Token);
                if (TextOf(words[0]).EndsWith("SUBSCRIBE", StringComparison.OrdinalIgnoreCase))
                {
                    await Task.WhenAny(asking.CopyToAsync(back.GetStream(), _ended.Token), answering.CopyToAsync(front.GetStream(), _ended.Token));
                    return;
                }

                var answered = new MemoryStream();
                await ReadAsync(answering, answered);
                await front.GetStream().WriteAsync(answered.ToArray(), _ended.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side went.
        }
    }

    /// <summary>Reads one value, and all bytes of it.</summary>
    /// <returns>The elements of an array of texts; otherwise nothing of use.</returns>
    private async Task<byte[][]> ReadAsync(Stream from, MemoryStream all)
    {
        string head = await ReadLineAsync(from, all);
        int length = head.Length > 1 && int.TryParse(head.AsSpan(1), CultureInfo.InvariantCulture, out int number) ? number : -1;
        if (head[0] == '$' && length >= 0)
        {
            byte[] body = new byte[length + 2];
            await from.ReadExactlyAsync(body, _ended.Token);
            all.Write(body);
            return [body[..length]];
        }

        if (head[0] != '*')
            return [];
        var elements = new List<byte[]>();
        for (int i = 0; i < length; i++)
            elements.AddRange(await ReadAsync(from, all));
        return [.. elements];
    }

    private async Task<string> ReadLineAsync(Stream from, MemoryStream all)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (line.Length < 2 || line[^1] != '\n')
        {
            if (await from.ReadAsync(one, _ended.Token) == 0)
                throw new IOException("The other side went.");
            all.Write(one);
            line.Append((char)one[0]);
        }

        return line.ToString(0, line.Length - 2);
    }
}
