using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Serves calls with one request and one reply: read, call the method, write, end.</summary>
internal sealed class UnaryHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodSettings settings, UnaryServerMethod<TRequest, TResponse> serve)
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
            // :: Read. The loop of RequestReader.ReadOnlyRequestAsync, here so that a call waits in one state machine.
            var body = http.Request.BodyReader;
            TRequest? request = null;
            call.IsReading = true;
            while (true)
            {
                var reading = body.ReadAsync();
                if (!reading.IsCompleted)
                {
                    call.CallDeadline?.Arm();
                }

                var read = await reading;
                if (RequestReader.TakeOnly(call, body, read, _parse, ref request))
                {
                    break;
                }
            }

            // :: Call the method.
            call.IsReading = false;
            var serving = serve(request!, call);
            if (!serving.IsCompleted)
            {
                call.CallDeadline?.Arm();
            }

            var response = await serving ?? throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));

            // :: Write. The server sends headers, message and trailers together when this method returns; nothing is flushed.
            if (call.TryEnd())
            {
                call.Write(response, _serialize);
            }

            // :: End.
            await CallEnd.SucceedAsync(call);
        }
        catch (Exception cause)
        {
            await CallEnd.FailAsync(call, cause);
        }
    }
}
