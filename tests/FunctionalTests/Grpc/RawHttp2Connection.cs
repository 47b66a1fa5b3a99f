using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace FunctionalTests.Grpc;

/// <summary>An HTTP/2 connection of which a test chooses every byte. Source: RFC 9113, section 4 and 6; RFC 7541, section 6.2.2 for the headers.</summary>
internal sealed class RawHttp2Connection : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte RstStream = 3;
    public const byte Settings = 4;
    public const byte WindowUpdate = 8;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private static readonly byte[] s_preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private readonly Socket _socket;

    private RawHttp2Connection(Socket socket) => _socket = socket;

    /// <summary>Connects and sends preface and settings.</summary>
    public static async Task<RawHttp2Connection> OpenAsync(Uri address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port);
        var connection = new RawHttp2Connection(socket);
        await connection.SendAsync([.. s_preface, .. Frame(Settings, 0, 0, [])]);
        return connection;
    }

    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>The headers of a gRPC call.</summary>
    public static byte[] CallHeaders(int stream, string path, bool endStream = false, params (string Name, string Value)[] more)
    {
        var block = new List<byte>();
        foreach (var (name, value) in ((string, string)[])
            [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"), .. more])
        {
            // A literal that is not indexed; lengths below 127 fit one byte.
            block.Add(0);
            block.Add((byte)name.Length);
            block.AddRange(Encoding.ASCII.GetBytes(name));
            block.Add((byte)value.Length);
            block.AddRange(Encoding.ASCII.GetBytes(value));
        }

        return Frame(Headers, (byte)(EndHeaders | (endStream ? EndStream : 0)), stream, [.. block]);
    }

    /// <summary>Sends bytes; false where the server has closed the connection.</summary>
    public async Task<bool> SendAsync(byte[] bytes)
    {
        try
        {
            await _socket.SendAsync(bytes);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Reads frames until one of this stream ends it, the connection closes, or a time passes in which nothing comes.</summary>
    /// <returns>Whether the stream was ended by a frame.</returns>
    public async Task<bool> ReadToEndOfAsync(int stream, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        var header = new byte[9];
        try
        {
            while (true)
            {
                await ReadAsync(header, limit.Token);
                var length = BinaryPrimitives.ReadInt32BigEndian(header) >> 8;
                await ReadAsync(new byte[length], limit.Token);
                var (type, flags, id) = (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)));
                if (id == stream && (type == RstStream || (type is Headers or Data && (flags & EndStream) != 0)))
                {
                    return true;
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or EndOfStreamException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    private async Task ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        for (var at = 0; at < buffer.Length;)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(at), cancellationToken);
            at += read > 0 ? read : throw new EndOfStreamException();
        }
    }
}
