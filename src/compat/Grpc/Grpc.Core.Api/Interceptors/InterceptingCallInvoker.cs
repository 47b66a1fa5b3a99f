using Grpc.Core.Utils;

namespace Grpc.Core.Interceptors;

/// <summary>Hands every call to an interceptor whose continuation is the next invoker.</summary>
internal sealed class InterceptingCallInvoker : CallInvoker
{
    private readonly CallInvoker _next;
    private readonly Interceptor _interceptor;

    public InterceptingCallInvoker(CallInvoker next, Interceptor interceptor)
    {
        _next = GrpcPreconditions.CheckNotNull(next, "invoker");
        _interceptor = GrpcPreconditions.CheckNotNull(interceptor, nameof(interceptor));
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => _interceptor.BlockingUnaryCall(
            request, new ClientInterceptorContext<TRequest, TResponse>(method, host, options), (r, c) => _next.BlockingUnaryCall(c.Method, c.Host, c.Options, r));

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => _interceptor.AsyncUnaryCall(
            request, new ClientInterceptorContext<TRequest, TResponse>(method, host, options), (r, c) => _next.AsyncUnaryCall(c.Method, c.Host, c.Options, r));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => _interceptor.AsyncServerStreamingCall(
            request, new ClientInterceptorContext<TRequest, TResponse>(method, host, options), (r, c) => _next.AsyncServerStreamingCall(c.Method, c.Host, c.Options, r));

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
        => _interceptor.AsyncClientStreamingCall(
            new ClientInterceptorContext<TRequest, TResponse>(method, host, options), c => _next.AsyncClientStreamingCall(c.Method, c.Host, c.Options));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
        => _interceptor.AsyncDuplexStreamingCall(
            new ClientInterceptorContext<TRequest, TResponse>(method, host, options), c => _next.AsyncDuplexStreamingCall(c.Method, c.Host, c.Options));
}
