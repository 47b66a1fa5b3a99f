using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Which sides of a call stream.</summary>
public enum MethodType
{
    /// <summary>One request, one reply.</summary>
    Unary,

    /// <summary>Many requests, one reply.</summary>
    ClientStreaming,

    /// <summary>One request, many replies.</summary>
    ServerStreaming,

    /// <summary>Many requests and many replies, independent of each other.</summary>
    DuplexStreaming,
}

/// <summary>A method without the types of its messages.</summary>
public interface IMethod
{
    /// <summary>Which sides stream.</summary>
    MethodType Type { get; }

    /// <summary>The service with its package, for example <c>recsys.v1.RecommendationService</c>.</summary>
    string ServiceName { get; }

    /// <summary>The method without its service.</summary>
    string Name { get; }

    /// <summary>The path on the wire: <c>/service/method</c>.</summary>
    string FullName { get; }
}

/// <summary>A method and the marshallers of its messages.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <typeparam name="TResponse">The reply.</typeparam>
public class Method<TRequest, TResponse> : IMethod
{
    /// <summary>Describes a method; no argument may be null.</summary>
    public Method(MethodType type, string serviceName, string name, Marshaller<TRequest> requestMarshaller, Marshaller<TResponse> responseMarshaller)
    {
        Type = type;
        ServiceName = GrpcPreconditions.CheckNotNull(serviceName, nameof(serviceName));
        Name = GrpcPreconditions.CheckNotNull(name, nameof(name));
        RequestMarshaller = GrpcPreconditions.CheckNotNull(requestMarshaller, nameof(requestMarshaller));
        ResponseMarshaller = GrpcPreconditions.CheckNotNull(responseMarshaller, nameof(responseMarshaller));
        FullName = $"/{serviceName}/{name}";
    }

    /// <inheritdoc/>
    public MethodType Type { get; }

    /// <inheritdoc/>
    public string ServiceName { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string FullName { get; }

    /// <summary>For requests.</summary>
    public Marshaller<TRequest> RequestMarshaller { get; }

    /// <summary>For replies.</summary>
    public Marshaller<TResponse> ResponseMarshaller { get; }
}
