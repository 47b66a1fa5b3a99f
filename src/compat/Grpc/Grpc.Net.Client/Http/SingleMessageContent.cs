using System.Net;
using Grpc.Core;
using Grpc.Net.Client.Messages;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Http;

/// <summary>A request body of one message. It is serialized as it is sent, so its memory is held no longer than that, and it can be sent again.</summary>
internal sealed class SingleMessageContent<T>(T message, Action<T, SerializationContext> serializer, int? limit, ICompressionProvider? compression)
    : HttpContent
{
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var frame = RequestFrame.Make(message, serializer, limit, compression);
        await stream.WriteAsync(frame.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
