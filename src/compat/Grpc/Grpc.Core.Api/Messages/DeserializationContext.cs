using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller finds one message. The sequence is valid only until the marshaller returns.</summary>
public abstract class DeserializationContext
{
    /// <summary>Bytes of the message.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>A copy of the message that the caller owns.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    /// <summary>The message without a copy.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
