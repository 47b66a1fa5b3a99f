using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The stream of replies that a handler writes.</summary>
internal sealed class ResponseStream<TResponse>(ServerCall call, Action<TResponse, SerializationContext> serialize) : IServerStreamWriter<TResponse>
    where TResponse : class
{
    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        cancellationToken.ThrowIfCancellationRequested();
        call.Gate.EnterWrite();
        try
        {
            if (call.HttpContext.RequestAborted.IsCancellationRequested)
            {
                throw new InvalidOperationException("Can't write the message because the request is complete.");
            }

            call.Write(message, serialize);
            if ((call.WriteOptions?.Flags & WriteFlags.BufferHint) == WriteFlags.BufferHint)
            {
                return;
            }

            call.Gate.EnterFlush();
            var flushing = call.HttpContext.Response.BodyWriter.FlushAsync(cancellationToken);
            if (!flushing.IsCompleted)
            {
                call.CallDeadline?.Arm();
            }

            var flushed = await flushing;
            if (flushed.IsCompleted || flushed.IsCanceled || call.HttpContext.RequestAborted.IsCancellationRequested)
            {
                // Kestrel ends the flush of a stream that was reset without saying so; where its token comes a moment later, the next write throws.
                throw new OperationCanceledException("The call ended while a message was being sent.", call.CancellationToken);
            }
        }
        catch (BrokenFrameException)
        {
            // The handler may go on after this; the stream may not.
            CallEnd.Reset(call);
            throw;
        }
        finally
        {
            call.Gate.LeaveWrite();
        }
    }
}
