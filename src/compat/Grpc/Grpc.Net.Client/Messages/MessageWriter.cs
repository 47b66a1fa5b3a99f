using System.Buffers;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Messages;

/// <summary>Turns requests into framed messages, one at a time. The memory of a frame is pooled and goes back with <see cref="Release"/>.</summary>
/// <param name="limit">Most bytes of a message before compression; null for no limit.</param>
internal sealed class MessageWriter(int? limit) : SerializationContext
{
    private PooledBuffer? _frame;
    private bool _complete;

    /// <summary>Serializes and, where there is a compression, compresses a message.</summary>
    /// <returns>The frame; valid until <see cref="Release"/>.</returns>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is larger than the limit.</exception>
    public ReadOnlyMemory<byte> Write<T>(T message, Action<T, SerializationContext> serializer, ICompressionProvider? compression)
    {
        Debug.Assert(_frame is null, "The frame before this one has not been released.");
        _frame = Begin();
        _complete = false;
        serializer(message, this);
        if (!_complete)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }

        var length = _frame.Count - MessageFrame.HeaderSize;
        if (length > limit)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"Sending message exceeds the maximum configured message size: {length} of {limit} bytes."));
        }

        if (compression is not null)
        {
            Compress(compression);
        }

        MessageFrame.WriteHeader(_frame.WrittenMemory.Span, compression is not null, _frame.Count - MessageFrame.HeaderSize);
        return _frame.WrittenMemory;
    }

    /// <summary>Gives the memory of the frame back, where there is one.</summary>
    public void Release()
    {
        _frame?.Dispose();
        _frame = null;
    }

    /// <inheritdoc/>
    public override void SetPayloadLength(int payloadLength)
    {
        // The buffer grows by itself; a message over the limit, which is about to be refused, need not make it grow.
        if (payloadLength > 0 && payloadLength <= (limit ?? payloadLength))
        {
            Open().GetSpan(payloadLength);
        }
    }

    /// <inheritdoc/>
    public override IBufferWriter<byte> GetBufferWriter() => Open();

    /// <inheritdoc/>
    public override void Complete()
    {
        Open();
        _complete = true;
    }

    /// <inheritdoc/>
    public override void Complete(byte[] payload)
    {
        Open().Write(payload);
        _complete = true;
    }

    private static PooledBuffer Begin()
    {
        var frame = new PooledBuffer();
        frame.GetSpan(MessageFrame.HeaderSize);
        frame.Advance(MessageFrame.HeaderSize);
        return frame;
    }

    private PooledBuffer Open() => _frame is not null && !_complete ? _frame : throw new InvalidOperationException("The message is complete already.");

    private void Compress(ICompressionProvider compression)
    {
        using var plain = _frame!;
        using var compressed = MessageCompression.Compress(compression, plain.WrittenSequence.Slice(MessageFrame.HeaderSize), level: null);
        _frame = Begin();
        _frame.Write(compressed.Written);
    }
}
