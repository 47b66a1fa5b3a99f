using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Serves calls with many requests and many replies.</summary>
internal sealed class DuplexStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodSettings settings, DuplexStreamingServerMethod<TRequest, TResponse> serve)
    where TRequest : class
    where TResponse : class
{
    private readonly Func<DeserializationContext, TRequest> _parse = method.RequestMarshaller.ContextualDeserializer;
    private readonly Action<TResponse, SerializationContext> _serialize = method.ResponseMarshaller.ContextualSerializer;

    public async Task HandleAsync(HttpContext http)
    {
        if (Refusal.Applies(http))
        {
            return;
        }

        StreamingRequests.LiftLimits(http);
        var call = new ServerCall(http, settings);
        try
        {
            var serving = serve(new RequestStream<TRequest>(call, _parse), new ResponseStream<TResponse>(call, _serialize), call);
            if (!serving.IsCompleted)
            {
                call.CallDeadline?.Arm();
            }

            await serving;
            await CallEnd.SucceedAsync(call);
        }
        catch (Exception cause)
        {
            await CallEnd.FailAsync(call, cause);
        }
    }
}
