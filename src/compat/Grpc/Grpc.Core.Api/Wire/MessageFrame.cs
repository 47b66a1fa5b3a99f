using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Core.Wire;

/// <summary>
/// The frame around each message: one byte that says whether it is compressed, its length as four big-endian bytes, the message.
/// Source: gRPC, doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message".
/// </summary>
internal static class MessageFrame
{
    /// <summary>Bytes before the message.</summary>
    public const int HeaderSize = 5;

    /// <summary>Writes the header of a message of <paramref name="length"/> bytes.</summary>
    public static void WriteHeader(Span<byte> destination, bool compressed, int length)
    {
        destination[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
    }

    /// <summary>Takes one whole frame off the front of <paramref name="buffer"/>, or leaves the buffer as it is where the frame is not all there yet.</summary>
    /// <param name="buffer">What has been received and not yet taken.</param>
    /// <param name="maxLength">The most bytes that a message may have as it travels; a larger one is refused as soon as its header is there.</param>
    /// <param name="compressed">Whether the message is compressed.</param>
    /// <param name="payload">The message, a slice of the buffer.</param>
    /// <exception cref="RpcException">INTERNAL: the first byte is neither 0 nor 1. RESOURCE_EXHAUSTED: the message is too large.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        compressed = false;
        payload = default;
        if (buffer.Length < HeaderSize)
        {
            return false;
        }

        Span<byte> copy = stackalloc byte[HeaderSize];
        scoped ReadOnlySpan<byte> header = buffer.FirstSpan;
        if (header.Length < HeaderSize)
        {
            buffer.Slice(0, HeaderSize).CopyTo(copy);
            header = copy;
        }

        if (header[0] > 1)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"The compressed flag of a message is {header[0]}; it must be 0 or 1."));
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > (uint)maxLength)
        {
            throw TooLarge(length, maxLength);
        }

        if (buffer.Length - HeaderSize < length)
        {
            return false;
        }

        compressed = header[0] == 1;
        payload = buffer.Slice(HeaderSize, length);
        buffer = buffer.Slice(payload.End);
        return true;
    }

    /// <summary>A received message has more bytes than are allowed.</summary>
    public static RpcException TooLarge(uint length, int maxLength)
        => new(new Status(StatusCode.ResourceExhausted, $"Received message of {length} bytes exceeds the limit of {maxLength} bytes."));
}
