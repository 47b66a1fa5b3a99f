using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Puts the interceptors of a service before its methods, once for each method; a call makes no closures.</summary>
internal sealed class InterceptorChain(IReadOnlyList<Activation<Interceptor>> interceptors)
{
    public UnaryServerMethod<TRequest, TResponse> Before<TRequest, TResponse>(UnaryServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        for (var i = interceptors.Count - 1; i >= 0; i--)
        {
            method = new Unary<TRequest, TResponse>(interceptors[i], method).InvokeAsync;
        }

        return method;
    }

    public ClientStreamingServerMethod<TRequest, TResponse> Before<TRequest, TResponse>(ClientStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        for (var i = interceptors.Count - 1; i >= 0; i--)
        {
            method = new ClientStreaming<TRequest, TResponse>(interceptors[i], method).InvokeAsync;
        }

        return method;
    }

    public ServerStreamingServerMethod<TRequest, TResponse> Before<TRequest, TResponse>(ServerStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        for (var i = interceptors.Count - 1; i >= 0; i--)
        {
            method = new ServerStreaming<TRequest, TResponse>(interceptors[i], method).InvokeAsync;
        }

        return method;
    }

    public DuplexStreamingServerMethod<TRequest, TResponse> Before<TRequest, TResponse>(DuplexStreamingServerMethod<TRequest, TResponse> method)
        where TRequest : class
        where TResponse : class
    {
        for (var i = interceptors.Count - 1; i >= 0; i--)
        {
            method = new Duplex<TRequest, TResponse>(interceptors[i], method).InvokeAsync;
        }

        return method;
    }

    private sealed class Unary<TRequest, TResponse>(Activation<Interceptor> activation, UnaryServerMethod<TRequest, TResponse> next)
        where TRequest : class
        where TResponse : class
    {
        public Task<TResponse> InvokeAsync(TRequest request, ServerCallContext context)
            => activation.Shared is { } shared ? shared.UnaryServerHandler(request, context, next) : InvokeOwnAsync(request, context);

        private async Task<TResponse> InvokeOwnAsync(TRequest request, ServerCallContext context)
        {
            var interceptor = activation.Create(context, out var owned);
            try
            {
                return await interceptor.UnaryServerHandler(request, context, next);
            }
            finally
            {
                if (owned)
                {
                    await Activation<Interceptor>.ReleaseAsync(interceptor);
                }
            }
        }
    }

    private sealed class ClientStreaming<TRequest, TResponse>(Activation<Interceptor> activation, ClientStreamingServerMethod<TRequest, TResponse> next)
        where TRequest : class
        where TResponse : class
    {
        public Task<TResponse> InvokeAsync(IAsyncStreamReader<TRequest> requests, ServerCallContext context)
            => activation.Shared is { } shared ? shared.ClientStreamingServerHandler(requests, context, next) : InvokeOwnAsync(requests, context);

        private async Task<TResponse> InvokeOwnAsync(IAsyncStreamReader<TRequest> requests, ServerCallContext context)
        {
            var interceptor = activation.Create(context, out var owned);
            try
            {
                return await interceptor.ClientStreamingServerHandler(requests, context, next);
            }
            finally
            {
                if (owned)
                {
                    await Activation<Interceptor>.ReleaseAsync(interceptor);
                }
            }
        }
    }

    private sealed class ServerStreaming<TRequest, TResponse>(Activation<Interceptor> activation, ServerStreamingServerMethod<TRequest, TResponse> next)
        where TRequest : class
        where TResponse : class
    {
        public Task InvokeAsync(TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context)
            => activation.Shared is { } shared ? shared.ServerStreamingServerHandler(request, responses, context, next) : InvokeOwnAsync(request, responses, context);

        private async Task InvokeOwnAsync(TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context)
        {
            var interceptor = activation.Create(context, out var owned);
            try
            {
                await interceptor.ServerStreamingServerHandler(request, responses, context, next);
            }
            finally
            {
                if (owned)
                {
                    await Activation<Interceptor>.ReleaseAsync(interceptor);
                }
            }
        }
    }

    private sealed class Duplex<TRequest, TResponse>(Activation<Interceptor> activation, DuplexStreamingServerMethod<TRequest, TResponse> next)
        where TRequest : class
        where TResponse : class
    {
        public Task InvokeAsync(IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
            => activation.Shared is { } shared ? shared.DuplexStreamingServerHandler(requests, responses, context, next) : InvokeOwnAsync(requests, responses, context);

        private async Task InvokeOwnAsync(IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
        {
            var interceptor = activation.Create(context, out var owned);
            try
            {
                await interceptor.DuplexStreamingServerHandler(requests, responses, context, next);
            }
            finally
            {
                if (owned)
                {
                    await Activation<Interceptor>.ReleaseAsync(interceptor);
                }
            }
        }
    }
}
