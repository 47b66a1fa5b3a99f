using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Serves calls with one request and many replies.</summary>
internal sealed class ServerStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodSettings settings, ServerStreamingServerMethod<TRequest, TResponse> serve)
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

        var call = new ServerCall(http, settings);
        try
        {
            var request = await RequestReader.ReadOnlyRequestAsync(call, _parse);
            var serving = serve(request, new ResponseStream<TResponse>(call, _serialize), call);
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
