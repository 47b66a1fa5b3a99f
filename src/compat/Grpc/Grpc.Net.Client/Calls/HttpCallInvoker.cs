using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>Makes the calls of generated clients over a channel.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    /// <inheritdoc/>
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => new ClientCall<TRequest, TResponse>(channel, method, options, streamsRequests: false).StartUnary(request);

    /// <inheritdoc/>
    /// <remarks>The caller asked for a call that blocks. Nothing in the client needs the caller's context, so the wait cannot lock itself up.</remarks>
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        => new ClientCall<TRequest, TResponse>(channel, method, options, streamsRequests: false).StartServerStreaming(request);

    /// <inheritdoc/>
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        => new ClientCall<TRequest, TResponse>(channel, method, options, streamsRequests: true).StartClientStreaming();

    /// <inheritdoc/>
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        => new ClientCall<TRequest, TResponse>(channel, method, options, streamsRequests: true).StartDuplexStreaming();
}
