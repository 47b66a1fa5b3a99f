using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace UnitTests.Compat.GrpcClient;

/// <summary>Length-prefixed messages, made by hand.</summary>
internal static class Frames
{
    public static byte[] Plain(string text) => Raw(0, Encoding.UTF8.GetBytes(text));

    public static byte[] Gzip(string text) => Raw(1, Compress(Encoding.UTF8.GetBytes(text)));

    public static byte[] Raw(byte flag, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Compress(byte[] message)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            gzip.Write(message);
        }

        return output.ToArray();
    }

    public static byte[] Decompress(byte[] message)
    {
        using var gzip = new GZipStream(new MemoryStream(message), CompressionMode.Decompress);
        var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }
}
