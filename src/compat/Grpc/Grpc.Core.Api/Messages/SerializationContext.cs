using System.Buffers;

namespace Grpc.Core;

/// <summary>
/// Where a marshaller puts one message: either all of it by <see cref="Complete(byte[])"/>, or, without a copy, by
/// <see cref="SetPayloadLength"/>, writes to <see cref="GetBufferWriter"/> and <see cref="Complete()"/>.
/// </summary>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message; the array belongs to the context from here on.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>A writer for the message.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Says how many bytes will be written, before the first of them. Optional, and what makes a write without a copy possible.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends a message that was written to <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}
