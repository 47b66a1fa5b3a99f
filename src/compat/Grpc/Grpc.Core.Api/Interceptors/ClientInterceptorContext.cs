namespace Grpc.Core.Interceptors;

/// <summary>The call that a client interceptor is asked to make.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <typeparam name="TResponse">The reply.</typeparam>
public struct ClientInterceptorContext<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    /// <summary>Describes a call.</summary>
    public ClientInterceptorContext(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Method = method;
        Host = host;
        Options = options;
    }

    /// <summary>The method.</summary>
    public Method<TRequest, TResponse> Method { get; }

    /// <summary>The authority asked for, or null for the channel's.</summary>
    public string? Host { get; }

    /// <summary>Headers, deadline and the rest.</summary>
    public CallOptions Options { get; }
}
