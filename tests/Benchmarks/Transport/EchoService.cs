using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Benchmarks.Transport;

/// <summary>
/// The unary method that the transport benchmark calls: a request of about 200 bytes, a reply of about 400, and no work between them. The base is
/// written out as the protoc plugin writes it, because the message is a well-known type.
/// </summary>
[BindServiceMethod(typeof(EchoService), nameof(EchoService.BindService))]
internal abstract class EchoBase
{
    public virtual Task<BytesValue> Echo(BytesValue request, ServerCallContext context) => throw new RpcException(new Status(StatusCode.Unimplemented, ""));
}

internal sealed class EchoService : EchoBase
{
    public const string Path = "/benchmarks.Echo/Echo";

    /// <summary>Bytes in the request; the reply repeats them.</summary>
    public const int RequestContent = 200;

    private const int Repeats = 2;

    private static readonly Marshaller<BytesValue> s_marshaller = Marshallers.Create(
        static (BytesValue message, SerializationContext context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context => BytesValue.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    /// <summary>The reply to a request; also what the bare server of the comparison sends.</summary>
    public static BytesValue Reply(ByteString content)
    {
        var twice = new byte[Repeats * content.Length];
        for (var at = 0; at < twice.Length; at += content.Length)
        {
            content.Span.CopyTo(twice.AsSpan(at));
        }

        return new BytesValue { Value = UnsafeByteOperations.UnsafeWrap(twice) };
    }

    public static void BindService(ServiceBinderBase binder, EchoBase? service)
        => binder.AddMethod(
            new Method<BytesValue, BytesValue>(MethodType.Unary, "benchmarks.Echo", "Echo", s_marshaller, s_marshaller),
            service is null ? null : new UnaryServerMethod<BytesValue, BytesValue>(service.Echo));

    public override Task<BytesValue> Echo(BytesValue request, ServerCallContext context) => Task.FromResult(Reply(request.Value));
}
