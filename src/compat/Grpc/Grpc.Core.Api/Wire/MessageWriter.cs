using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Core.Wire;

/// <summary>
/// Lets a marshaller write one framed message. Three ways, by what the marshaller says and the call asks for:
/// 1. the length is known and small: header and message go into one block of the target, which advances once they are whole;
/// 2. the length is known and large: the header goes first, then the message block by block;
/// 3. the length is not known, the message is to be compressed, or the marshaller asks for more room than it announced: it is collected first.
/// Marshallers are synchronous, so that each thread reuses one writer.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Write leaves no writer behind that still holds a buffer")]
internal sealed class MessageWriter : SerializationContext, IBufferWriter<byte>
{
    /// <summary>Messages up to this size are asked for as one block; larger ones would cost the pool a large array.</summary>
    private const int LargestBlock = 16 * 1024;

    [ThreadStatic]
    private static MessageWriter? t_free;

    private IBufferWriter<byte> _target = null!;
    private ICompressionProvider? _compression;
    private CompressionLevel? _level;
    private int _maxLength;
    private State _state;
    private int _length = -1;
    private int _written;
    private Memory<byte> _block;
    private PooledBuffer? _collected;

    private enum State
    {
        /// <summary>Nothing has been written.</summary>
        Empty,

        /// <summary>Into <see cref="_block"/>; the target has not advanced.</summary>
        Block,

        /// <summary>The header is in the target, the message follows. Whatever fails now has broken the stream.</summary>
        Streaming,

        /// <summary>Into <see cref="_collected"/>.</summary>
        Collecting,

        /// <summary>The frame is whole.</summary>
        Done,
    }

    /// <summary>Writes one message into <paramref name="target"/>, without flushing it.</summary>
    /// <param name="target">Where frames go.</param>
    /// <param name="message">The message.</param>
    /// <param name="serialize">Its marshaller.</param>
    /// <param name="maxLength">The most bytes it may have before compression.</param>
    /// <param name="compression">How to compress it, or null to leave it as it is.</param>
    /// <param name="level">How hard to compress it, or null for the provider's default.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is too large; nothing has been written.</exception>
    /// <exception cref="BrokenFrameException">A part of the frame has been written, and the rest cannot be.</exception>
    public static void Write<T>(
        IBufferWriter<byte> target, T message, Action<T, SerializationContext> serialize, int maxLength, ICompressionProvider? compression, CompressionLevel? level)
    {
        var writer = t_free ?? new MessageWriter();
        t_free = null;
        writer._target = target;
        writer._compression = compression;
        writer._level = level;
        writer._maxLength = maxLength;
        try
        {
            serialize(message, writer);
            if (writer._state != State.Done)
            {
                throw new InvalidOperationException("The marshaller returned without calling Complete.");
            }
        }
        catch (Exception cause) when (writer._state == State.Streaming)
        {
            throw new BrokenFrameException(cause);
        }
        finally
        {
            writer.Reset();
            t_free = writer;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        Require(State.Empty);
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        CheckSize(payloadLength);
        _length = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_state != State.Empty)
        {
            return _state != State.Done ? this : throw new InvalidOperationException("The message is complete.");
        }

        if (_length < 0 || _compression is not null)
        {
            _collected = _length < 0 ? new PooledBuffer() : new PooledBuffer(_length);
            _state = State.Collecting;
        }
        else if (_length <= LargestBlock)
        {
            _block = _target.GetMemory(MessageFrame.HeaderSize + _length)[..(MessageFrame.HeaderSize + _length)];
            MessageFrame.WriteHeader(_block.Span, compressed: false, _length);
            _state = State.Block;
        }
        else
        {
            MessageFrame.WriteHeader(_target.GetSpan(MessageFrame.HeaderSize), compressed: false, _length);
            _state = State.Streaming;
            _target.Advance(MessageFrame.HeaderSize);
        }

        return this;
    }

    public override void Complete(byte[] payload)
    {
        Require(State.Empty);
        WriteWhole(new ReadOnlySequence<byte>(payload));
    }

    public override void Complete()
    {
        if (_state is State.Empty or State.Done)
        {
            throw new InvalidOperationException("There is no message to complete.");
        }

        var written = _state == State.Collecting ? _collected!.Count : _written;
        if (_length >= 0 && written != _length)
        {
            throw new InvalidOperationException($"The marshaller announced {_length} bytes and wrote {written}.");
        }

        if (_state == State.Collecting)
        {
            WriteWhole(_collected!.WrittenSequence);
            return;
        }

        if (_state == State.Block)
        {
            _target.Advance(MessageFrame.HeaderSize + _length);
        }

        _state = State.Done;
    }

    void IBufferWriter<byte>.Advance(int count)
    {
        if (_state == State.Collecting)
        {
            _collected!.Advance(count);
            return;
        }

        if ((uint)count > (uint)(_length - _written))
        {
            throw new InvalidOperationException($"The marshaller announced {_length} bytes and writes more.");
        }

        _written += count;
        if (_state == State.Streaming)
        {
            _target.Advance(count);
        }
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => _state switch
    {
        State.Collecting => _collected!.GetMemory(sizeHint),
        State.Streaming => _target.GetMemory(sizeHint),
        _ => RestOfBlock(sizeHint),
    };

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => _state switch
    {
        State.Collecting => _collected!.GetSpan(sizeHint),
        State.Streaming => _target.GetSpan(sizeHint),
        _ => RestOfBlock(sizeHint).Span,
    };

    private Memory<byte> RestOfBlock(int sizeHint)
    {
        Require(State.Block);
        var rest = _block[(MessageFrame.HeaderSize + _written)..];
        if (rest.Length >= Math.Max(sizeHint, 1))
        {
            return rest;
        }

        // Some writers ask for more room than they need. The block is given up; the target has not advanced over it.
        _collected = new PooledBuffer(_length + sizeHint);
        _collected.Write(_block.Span.Slice(MessageFrame.HeaderSize, _written));
        _state = State.Collecting;
        return _collected.GetMemory(sizeHint);
    }

    private void WriteWhole(in ReadOnlySequence<byte> message)
    {
        CheckSize(message.Length);

        // Of an empty message GZipStream makes no bytes at all, which is not gzip for most others.
        if (_compression is null || message.IsEmpty)
        {
            WriteFrame(message, compressed: false);
            return;
        }

        using var smaller = MessageCompression.Compress(_compression, message, _level);
        WriteFrame(smaller.WrittenSequence, compressed: true);
    }

    private void WriteFrame(in ReadOnlySequence<byte> payload, bool compressed)
    {
        MessageFrame.WriteHeader(_target.GetSpan(MessageFrame.HeaderSize), compressed, (int)payload.Length);
        _state = State.Streaming;
        _target.Advance(MessageFrame.HeaderSize);
        foreach (var segment in payload)
        {
            _target.Write(segment.Span);
        }

        _state = State.Done;
    }

    private void CheckSize(long length)
    {
        if (length > _maxLength)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"Sending message of {length} bytes exceeds the limit of {_maxLength} bytes."));
        }
    }

    private void Require(State state)
    {
        if (_state != state)
        {
            throw new InvalidOperationException($"Not valid while the message is in the state {_state}.");
        }
    }

    private void Reset()
    {
        _target = null!;
        _compression = null;
        _state = State.Empty;
        _length = -1;
        _written = 0;
        _block = default;
        _collected?.Dispose();
        _collected = null;
    }
}
