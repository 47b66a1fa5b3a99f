using Grpc.Core;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Calls a method with one reply on the instance of the call.</summary>
/// <typeparam name="TService">The service.</typeparam>
/// <typeparam name="TInput">A request, or the reader of a stream of requests.</typeparam>
/// <typeparam name="TResponse">The reply.</typeparam>
internal sealed class ReplyInvoker<TService, TInput, TResponse>(Activation<TService> services, Func<TService, TInput, ServerCallContext, Task<TResponse>> method)
    where TService : class
{
    public Task<TResponse> InvokeAsync(TInput input, ServerCallContext context)
        => services.Shared is { } shared ? method(shared, input, context) : InvokeOwnAsync(input, context);

    private async Task<TResponse> InvokeOwnAsync(TInput input, ServerCallContext context)
    {
        var service = services.Create(context, out var owned);
        try
        {
            return await method(service, input, context);
        }
        finally
        {
            if (owned)
            {
                await Activation<TService>.ReleaseAsync(service);
            }
        }
    }
}

/// <summary>Calls a method with a stream of replies on the instance of the call.</summary>
/// <typeparam name="TService">The service.</typeparam>
/// <typeparam name="TInput">A request, or the reader of a stream of requests.</typeparam>
/// <typeparam name="TResponse">A reply.</typeparam>
internal sealed class StreamInvoker<TService, TInput, TResponse>(
    Activation<TService> services, Func<TService, TInput, IServerStreamWriter<TResponse>, ServerCallContext, Task> method)
    where TService : class
{
    public Task InvokeAsync(TInput input, IServerStreamWriter<TResponse> output, ServerCallContext context)
        => services.Shared is { } shared ? method(shared, input, output, context) : InvokeOwnAsync(input, output, context);

    private async Task InvokeOwnAsync(TInput input, IServerStreamWriter<TResponse> output, ServerCallContext context)
    {
        var service = services.Create(context, out var owned);
        try
        {
            await method(service, input, output, context);
        }
        finally
        {
            if (owned)
            {
                await Activation<TService>.ReleaseAsync(service);
            }
        }
    }
}
