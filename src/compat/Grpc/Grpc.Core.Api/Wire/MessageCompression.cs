using System.Buffers;
using System.Buffers.Binary;
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

            if (provider is GzipCompressionProvider && !IsWhole(payload, message.Count))
            {
                throw new InvalidDataException("The message is cut off.");
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

    /// <summary>
    /// Whether the trailer of a gzip member says that it is all there; <see cref="GZipStream"/> takes the end of its source for the end of the data.
    /// No bytes at all are what it writes for an empty message. Source: RFC 1952, section 2.3.1, ISIZE.
    /// </summary>
    private static bool IsWhole(in ReadOnlySequence<byte> payload, int length)
    {
        const int SmallestMember = 18;
        if (payload.Length < SmallestMember)
        {
            return payload.IsEmpty;
        }

        Span<byte> size = stackalloc byte[sizeof(int)];
        payload.Slice(payload.Length - size.Length).CopyTo(size);
        return BinaryPrimitives.ReadInt32LittleEndian(size) == length;
    }
}
