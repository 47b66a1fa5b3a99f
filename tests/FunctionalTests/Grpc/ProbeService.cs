using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FunctionalTests.Grpc;

/// <summary>What the service does in a test; each test sets the kinds that it calls.</summary>
public sealed class ProbeBehavior
{
    public UnaryServerMethod<BytesValue, BytesValue> Unary { get; set; } = (request, _) => Task.FromResult(request);

    public ClientStreamingServerMethod<BytesValue, BytesValue> Collect { get; set; } = async (requests, context) =>
    {
        var all = new List<byte>();
        await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
        {
            all.AddRange(request.Value);
        }

        return new BytesValue { Value = ByteString.CopyFrom([.. all]) };
    };

    public ServerStreamingServerMethod<BytesValue, BytesValue> Expand { get; set; } = async (request, responses, _) =>
    {
        foreach (var item in request.Value)
        {
            await responses.WriteAsync(new BytesValue { Value = ByteString.CopyFrom(item) });
        }
    };

    public DuplexStreamingServerMethod<BytesValue, BytesValue> Chat { get; set; } = async (requests, responses, context) =>
    {
        await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
        {
            await responses.WriteAsync(request);
        }
    };
}

/// <summary>A service base as the protoc plugin writes it, with the four kinds of calls.</summary>
[BindServiceMethod(typeof(ProbeBinding), nameof(ProbeBinding.BindService))]
public abstract class ProbeBase
{
    public virtual Task<BytesValue> Unary(BytesValue request, ServerCallContext context)
        => throw new RpcException(new Status(StatusCode.Unimplemented, ""));

    public virtual Task<BytesValue> Collect(IAsyncStreamReader<BytesValue> requestStream, ServerCallContext context)
        => throw new RpcException(new Status(StatusCode.Unimplemented, ""));

    public virtual Task Expand(BytesValue request, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context)
        => throw new RpcException(new Status(StatusCode.Unimplemented, ""));

    public virtual Task Chat(IAsyncStreamReader<BytesValue> requestStream, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context)
        => throw new RpcException(new Status(StatusCode.Unimplemented, ""));

    /// <summary>Never overridden: what a method answers that a service left out.</summary>
    public virtual Task<BytesValue> Missing(BytesValue request, ServerCallContext context)
        => throw new RpcException(new Status(StatusCode.Unimplemented, ""));
}

public static class ProbeBinding
{
    public const string ServiceName = "functional.Probe";

    public static readonly Marshaller<BytesValue> Marshaller = Marshallers.Create(
        static (BytesValue message, SerializationContext context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context => BytesValue.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    public static void BindService(ServiceBinderBase serviceBinder, ProbeBase? serviceImpl)
    {
        serviceBinder.AddMethod(Method(MethodType.Unary, "Unary"), serviceImpl is null ? null : new UnaryServerMethod<BytesValue, BytesValue>(serviceImpl.Unary));
        serviceBinder.AddMethod(Method(MethodType.ClientStreaming, "Collect"), serviceImpl is null ? null : new ClientStreamingServerMethod<BytesValue, BytesValue>(serviceImpl.Collect));
        serviceBinder.AddMethod(Method(MethodType.ServerStreaming, "Expand"), serviceImpl is null ? null : new ServerStreamingServerMethod<BytesValue, BytesValue>(serviceImpl.Expand));
        serviceBinder.AddMethod(Method(MethodType.DuplexStreaming, "Chat"), serviceImpl is null ? null : new DuplexStreamingServerMethod<BytesValue, BytesValue>(serviceImpl.Chat));
        serviceBinder.AddMethod(Method(MethodType.Unary, "Missing"), serviceImpl is null ? null : new UnaryServerMethod<BytesValue, BytesValue>(serviceImpl.Missing));
    }

    private static Method<BytesValue, BytesValue> Method(MethodType type, string name) => new(type, ServiceName, name, Marshaller, Marshaller);
}

/// <summary>Does what the test's <see cref="ProbeBehavior"/> says.</summary>
public class ProbeService(ProbeBehavior behavior) : ProbeBase
{
    public override Task<BytesValue> Unary(BytesValue request, ServerCallContext context) => behavior.Unary(request, context);

    public override Task<BytesValue> Collect(IAsyncStreamReader<BytesValue> requestStream, ServerCallContext context) => behavior.Collect(requestStream, context);

    public override Task Expand(BytesValue request, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context)
        => behavior.Expand(request, responseStream, context);

    public override Task Chat(IAsyncStreamReader<BytesValue> requestStream, IServerStreamWriter<BytesValue> responseStream, ServerCallContext context)
        => behavior.Chat(requestStream, responseStream, context);
}
