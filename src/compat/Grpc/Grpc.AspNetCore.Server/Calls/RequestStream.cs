using Grpc.Core;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The stream of requests that a handler reads.</summary>
internal sealed class RequestStream<TRequest>(ServerCall call, Func<DeserializationContext, TRequest> parse) : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    private bool _hasEnded;

    public TRequest Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (call.Gate.IsOver)
        {
            throw new InvalidOperationException("Can't read messages after the request is complete.");
        }

        Current = null!;
        var body = call.HttpContext.Request.BodyReader;
        while (!_hasEnded)
        {
            var reading = body.ReadAsync(cancellationToken);
            if (!reading.IsCompleted)
            {
                call.CallDeadline?.Arm();
            }

            if (RequestReader.TakeNext(call, body, await reading, parse, out var request))
            {
                Current = request!;
                _hasEnded = request is null;
                break;
            }
        }

        return !_hasEnded;
    }
}
