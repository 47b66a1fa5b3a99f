using Grpc.Core;
using Grpc.Core.Interceptors;
using Inference.Server.Admission;

namespace Inference.Server.Failures;

/// <summary>The boundary of every method: what it throws becomes what <see cref="FailureTable"/> says, and the server's own failures are logged here, once.</summary>
internal sealed class FailureInterceptor(TimeProvider time, ILogger<FailureInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Permit? permit = Permit.Of(context);
        if (permit is not null && await permit.BeginAnswerAsync() is { } refusal)
            throw refusal.ToException();
        try
        {
            Task<TResponse> answering = continuation(request, context);
            if (!answering.IsCompleted)
                permit?.LeaveThread();
            TResponse response = await answering;
            permit?.Answered(isMeasure: true);
            return response;
        }
        catch (Exception e) when (e is not RpcException)
        {
            FailureException failure = Translate(e, context);
            permit?.Answered(isMeasure: failure.StatusCode == StatusCode.DeadlineExceeded);
            throw failure;
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Translate(e, context);
        }
    }

    /// <summary>What the caller is told of an exception; logs it when it is the server's own.</summary>
    public Failure Explain(Exception exception, ServerCallContext context)
    {
        Failure failure = FailureTable.Of(exception, context.CancellationToken.IsCancellationRequested, time.GetUtcNow().UtcDateTime >= context.Deadline);
        if (FailureTable.IsOurs(failure))
            Log.CallFailed(log, context.Method, failure.Reason, exception);
        return failure;
    }

    private FailureException Translate(Exception exception, ServerCallContext context) => Explain(exception, context).ToException();
}
