using System.Buffers;
using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Core.Wire;

/// <summary>Compresses and decompresses single messages. Results are pooled buffers that the caller disposes.</summary>
internal static class MessageCompression
{
    /// <summary>Compresses a message.</summary>
    public static PooledBuffer Compress(ICompressionProvider provider, in ReadOnlySequence<byte> message, CompressionLevel? level)
    {
        var compressed = new PooledBuffer();
        try
        {
            using var sink = new BufferWriterStream(compressed);
            using (var stream = provider.CreateCompressionStream(sink, level))
            {
                foreach (var segment in message)
                {
                    stream.Write(segment.Span);
                }
            }

            return compressed;
        }
        catch
        {
            compressed.Dispose();
            throw;
        }
    }

    /// <summary>Decompresses a message, and stops as soon as it turns out larger than <paramref name="maxLength"/>: a small frame cannot fill the memory.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is too large. INTERNAL: it is not what its encoding says.</exception>
    public static PooledBuffer Decompress(ICompressionProvider provider, in ReadOnlySequence<byte> payload, int maxLength)
    {
        var message = new PooledBuffer();
        try
        {
            using var source = new SequenceStream(payload);
            using var stream = provider.CreateDecompressionStream(source);
            int read;
            while ((read = stream.Read(message.GetSpan())) > 0)
            {
                message.Advance(read);
                if (message.Count > maxLength)
                {
                    throw MessageFrame.TooLarge((uint)message.Count, maxLength);
                }
            }

            return message;
        }
        catch (Exception broken)
        {
            message.Dispose();
            if (broken is InvalidDataException or IOException)
            {
                throw new RpcException(new Status(StatusCode.Internal, $"A message is not valid {provider.EncodingName}.", broken));
            }

            throw;
        }
    }
}
