using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Inference.Server.Json;

/// <summary>One path and the method that answers it.</summary>
/// <param name="Path">"/v1/recommend".</param>
/// <param name="Method">The method of the contract.</param>
/// <param name="Bind">Makes the endpoint from the services of the host.</param>
internal sealed record JsonRoute(string Path, MethodDescriptor Method, Func<IServiceProvider, JsonRoute, JsonEndpoint> Bind)
{
    /// <summary>Whether bodies are messages by the line.</summary>
    public bool IsLines => Method.IsClientStreaming;

    /// <summary>A method of one request and one response.</summary>
    public static JsonRoute Unary<TRequest, TResponse>(string path, MethodDescriptor method, Func<IServiceProvider, UnaryServerMethod<TRequest, TResponse>> find)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse> =>
        new(path, method, (services, route) => new UnaryEndpoint<TRequest, TResponse>(route, services.GetRequiredService<JsonParts>(), find(services)));
}
