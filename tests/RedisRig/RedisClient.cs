using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RedisRig;

/// <summary>
/// One plain connection to one Redis node, by the RESP2 protocol: what the tests look with, so that nothing that they test is between them and the data. One command at a
/// time; not safe for concurrent use.
/// </summary>
internal sealed class RedisClient : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly TcpClient _tcp;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private RedisClient(TcpClient tcp, Stream stream)
    {
        _tcp = tcp;
        _stream = stream;
    }

    /// <summary>Connects to a node on this machine.</summary>
    /// <param name="port">Its port.</param>
    /// <param name="password">Password of the default user; null where there is none.</param>
    /// <param name="certificatePath">The certificate (PEM) that the port must show; null where it speaks no TLS.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<RedisClient> ConnectAsync(int port, string? password = null, string? certificatePath = null, CancellationToken cancellationToken = default)
    {
        var tcp = new TcpClient { NoDelay = true };
        try
        {
            await tcp.ConnectAsync("127.0.0.1", port, cancellationToken);
            Stream stream = tcp.GetStream();
            if (certificatePath is not null)
            {
                var tls = new SslStream(stream);
                using X509Certificate2 expected = X509CertificateLoader.LoadCertificateFromFile(certificatePath);
                var options = new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, shown, _, _) => expected.Equals(shown) };
                await tls.AuthenticateAsClientAsync(options, cancellationToken);
                stream = tls;
            }

            var client = new RedisClient(tcp, stream);
            if (password is not null)
                await client.ExecuteAsync(["AUTH", password], cancellationToken);
            return client;
        }
        catch
        {
            tcp.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and waits for its reply, at most 10 seconds.</summary>
    /// <param name="words">Strings and byte arrays.</param>
    /// <exception cref="RedisErrorException">Redis answered with an error.</exception>
    public Task<RedisReply> ExecuteAsync(params object[] words) => ExecuteAsync(words, CancellationToken.None);

    /// <inheritdoc cref="ExecuteAsync(object[])"/>
    public async Task<RedisReply> ExecuteAsync(object[] words, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(s_patience);
        using var message = new MemoryStream();
        Write(message, $"*{words.Length}\r\n");
        foreach (object word in words)
        {
            byte[] bytes = word as byte[] ?? Encoding.UTF8.GetBytes(Convert.ToString(word, CultureInfo.InvariantCulture)!);
            Write(message, $"${bytes.Length}\r\n");
            message.Write(bytes);
            message.Write("\r\n"u8);
        }

        await _stream.WriteAsync(message.GetBuffer().AsMemory(0, (int)message.Length), stop.Token);
        return await ReadAsync(stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _tcp.Dispose();
    }

    private static void Write(MemoryStream message, string text) => message.Write(Encoding.ASCII.GetBytes(text));

    private async Task<RedisReply> ReadAsync(CancellationToken cancellationToken)
    {
        string line = await ReadLineAsync(cancellationToken);
        string rest = line[1..];
        switch (line[0])
        {
            case '+':
                return new RedisReply { Bytes = Encoding.UTF8.GetBytes(rest) };
            case '-':
                throw new RedisErrorException(rest);
            case ':':
                return new RedisReply { Integer = long.Parse(rest, CultureInfo.InvariantCulture) };
            case '$' when Length(rest) is int length and >= 0:
                byte[] bytes = await ReadBytesAsync(length + 2, cancellationToken);
                return new RedisReply { Bytes = bytes[..length] };
            case '*' when Length(rest) is int count and >= 0:
                return new RedisReply { Items = await ReadItemsAsync(count, cancellationToken) };
            case '$' or '*':
                return new RedisReply { IsNull = true };
            default:
                throw new InvalidDataException($"Redis answered '{line}'.");
        }

        static int Length(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    private async Task<RedisReply[]> ReadItemsAsync(int count, CancellationToken cancellationToken)
    {
        var items = new RedisReply[count];
        for (int i = 0; i < count; i++)
        {
            try
            {
                items[i] = await ReadAsync(cancellationToken);
            }
            catch (RedisErrorException e)
            {
                // An error inside an array belongs to one of several commands; the others still have their replies.
                items[i] = new RedisReply { Bytes = Encoding.UTF8.GetBytes("-" + e.Message) };
            }
        }

        return items;
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            int at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            int take = at < 0 ? _end - _start : at + 1;
            line.Append(Encoding.UTF8.GetString(_buffer, _start, take));
            _start += take;
            if (at >= 0)
                return line.ToString().TrimEnd('\r', '\n');
            await FillAsync(cancellationToken);
        }
    }

    private async Task<byte[]> ReadBytesAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        int done = Math.Min(count, _end - _start);
        _buffer.AsSpan(_start, done).CopyTo(bytes);
        _start += done;
        await _stream.ReadExactlyAsync(bytes.AsMemory(done), cancellationToken);
        return bytes;
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await _stream.ReadAsync(_buffer, cancellationToken);
        if (_end == 0)
            throw new EndOfStreamException("Redis closed the connection.");
    }
}
