using System.Buffers;

namespace Grpc.Core.Wire;

/// <summary>Hands one received message to a marshaller. Marshallers are synchronous, so that each thread reuses one.</summary>
internal sealed class MessagePayload : DeserializationContext
{
    [ThreadStatic]
    private static MessagePayload? t_free;

    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => (int)_payload.Length;

    /// <summary>Parses a message; the sequence is not kept.</summary>
    public static T Parse<T>(in ReadOnlySequence<byte> payload, Func<DeserializationContext, T> parse)
    {
        var context = t_free ?? new MessagePayload();
        t_free = null;
        context._payload = payload;
        try
        {
            return parse(context);
        }
        finally
        {
            context._payload = default;
            t_free = context;
        }
    }

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;
}
