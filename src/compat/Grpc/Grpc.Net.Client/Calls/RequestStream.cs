using Grpc.Core;
using Grpc.Net.Client.Http;
using Grpc.Net.Client.Messages;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Calls;

/// <summary>The requests of a call as its caller writes them: one at a time, each on its way when its write completes, unless it may wait for the next one.</summary>
internal sealed class RequestStream<TRequest>(
    CallLifetime lifetime,
    MessageStreamContent content,
    Action<TRequest, SerializationContext> serializer,
    int? limit,
    ICompressionProvider? compression,
    WriteOptions? optionsOfCall) : IClientStreamWriter<TRequest>
    where TRequest : class
{
    private const int Idle = 0;
    private const int Writing = 1;
    private const int Completed = 2;

    private int _state;

    /// <inheritdoc/>
    public WriteOptions? WriteOptions { get; set; } = optionsOfCall;

    /// <summary>Whether these options leave compression on.</summary>
    public static bool Compresses(WriteOptions? options) => options is null || (options.Flags & WriteFlags.NoCompress) == 0;

    /// <inheritdoc/>
    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    /// <inheritdoc/>
    /// <remarks>The token cancels the whole call.</remarks>
    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        switch (Interlocked.CompareExchange(ref _state, Writing, Idle))
        {
            case Writing:
                throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
            case Completed:
                throw new InvalidOperationException("Request stream has already been completed.");
        }

        CancellationTokenRegistration registration = default;
        try
        {
            if (lifetime.Outcome is not null)
            {
                throw lifetime.ToException();
            }

            registration = lifetime.AbortOn(cancellationToken);
            using var frame = RequestFrame.Make(message, serializer, limit, Compresses(WriteOptions) ? compression : null);
            await SendAsync(frame.WrittenMemory, (WriteOptions?.Flags & WriteFlags.BufferHint) == WriteFlags.BufferHint).ConfigureAwait(false);
        }
        finally
        {
            registration.Unregister();
            Volatile.Write(ref _state, Idle);
        }
    }

    /// <inheritdoc/>
    public Task CompleteAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Completed, Idle) == Writing)
        {
            return Task.FromException(new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
        }

        content.Complete();
        return Task.CompletedTask;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> frame, bool mayWait)
    {
        try
        {
            var stream = await content.Opened.ConfigureAwait(false);
            await stream.WriteAsync(frame, lifetime.Aborted).ConfigureAwait(false);
            if (!mayWait)
            {
                await stream.FlushAsync(lifetime.Aborted).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // A failed write does not end the call: the server may have sent its status and closed the stream, and then the reader is about to find it.
            throw lifetime.Outcome is null ? lifetime.ToException(lifetime.Explain(e)) : lifetime.ToException();
        }
    }
}
