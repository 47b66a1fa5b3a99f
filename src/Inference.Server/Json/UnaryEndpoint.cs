using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Inference.Server.Failures;
using Microsoft.Net.Http.Headers;

namespace Inference.Server.Json;

/// <summary>A method of one request and one response: the body is the one, the answer's body the other.</summary>
internal sealed class UnaryEndpoint<TRequest, TResponse>(JsonRoute route, JsonParts parts, UnaryServerMethod<TRequest, TResponse> method) : JsonEndpoint(route, parts)
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>
{
    private readonly UnaryServerMethod<TRequest, TResponse> _method = parts.Audit.Around(method);

    protected override async Task AnswerAsync(HttpContext http, JsonCall call)
    {
        TRequest request = await ReadAsync(http, call.CancellationToken);
        Identify(call, request);
        TResponse response = await Parts.Failures.UnaryServerHandler(request, call, _method);
        // As gRPC does: an answer after the deadline is none.
        if (Parts.Time.GetUtcNow().UtcDateTime >= call.Deadline)
            throw FailureTable.DeadlineExceeded.ToException();
        http.Response.ContentType = "application/json";
        JsonMessages.Write(response, http.Response.BodyWriter);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private async ValueTask<TRequest> ReadAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (await RequestBody.ReadAsync(http.Request, Parts.Options.MaxReceiveBytes, cancellationToken) is not { } body)
        {
            // What is left of the body is not worth reading.
            http.Response.Headers[HeaderNames.Connection] = "close";
            throw HttpFailures.TooLarge("The body", Parts.Options.MaxReceiveBytes).ToException();
        }

        TRequest? request = JsonMessages.Read<TRequest>(body, out Failure? failure);
        http.Request.BodyReader.AdvanceTo(body.End);
        return request ?? throw failure!.ToException();
    }
}
