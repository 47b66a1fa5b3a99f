using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Benchmarks.Transport;

/// <summary>
/// The unary method that the transport benchmark calls: a request of about 200 bytes is parsed, a reply of about 400 is serialised, and there is no work between them: the
/// reply message is always the same. The base is written out as the protoc plugin writes it, because the message is a well-known type.
/// </summary>
[BindServiceMethod(typeof(EchoService), nameof(EchoService.BindService))]
internal abstract class EchoBase
{
    public virtual Task<BytesValue> Echo(BytesValue request, ServerCallContext context) => throw new RpcException(new Status(StatusCode.Unimplemented, ""));
}

internal sealed class EchoService : EchoBase
{
    public const string Path = "/benchmarks.Echo/Echo";

    private const int RequestBytes = 200;
    private const int ReplyBytes = 400;

    private static readonly Marshaller<BytesValue> s_marshaller = Marshallers.Create(
        static (BytesValue message, SerializationContext context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context => BytesValue.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    /// <summary>What the load generator sends.</summary>
    public static BytesValue Request { get; } = Message(RequestBytes);

    /// <summary>What is answered; also what the bare server of the comparison sends.</summary>
    public static BytesValue Reply { get; } = Message(ReplyBytes);

    public static void BindService(ServiceBinderBase binder, EchoBase? service)
        => binder.AddMethod(
            new Method<BytesValue, BytesValue>(MethodType.Unary, "benchmarks.Echo", "Echo", s_marshaller, s_marshaller),
            service is null ? null : new UnaryServerMethod<BytesValue, BytesValue>(service.Echo));

    public override Task<BytesValue> Echo(BytesValue request, ServerCallContext context) => Task.FromResult(Reply);

    private static BytesValue Message(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return new BytesValue { Value = ByteString.CopyFrom(content) };
    }
}
