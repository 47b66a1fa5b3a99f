using System.Net;

namespace Grpc.Net.Client.Http;

/// <summary>A request body that is written from outside: it hands out the request stream and keeps it open until it is told to close it.</summary>
internal sealed class MessageStreamContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Continues on the thread that completes it, and so has ended the HTTP/2 stream before Complete returns. Otherwise a call that its caller disposes of
    // right after, or that the server ends at that moment, would have its requests broken off by a reset though they were complete.
    private readonly TaskCompletionSource _closed = new();

    /// <summary>The request stream, once the request has begun; cancelled where the call ends before.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>Ends the request stream.</summary>
    public void Complete() => _closed.TrySetResult();

    /// <summary>The call has ended: breaks the request stream off, unless it was completed.</summary>
    public void Abandon()
    {
        _opened.TrySetCanceled();
        _closed.TrySetCanceled();
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false); // sends the headers, which would otherwise wait for the first message
        _opened.TrySetResult(stream);
        await _closed.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
