using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// Reads the messages of a response body. Reads ahead, so that many small messages cost one read; while it waits for one to begin, it holds no memory,
/// so that idle streams are cheap. One read at a time.
/// </summary>
/// <param name="body">The response body; it stays the caller's.</param>
/// <param name="encoding">The response's grpc-encoding; null where it has none.</param>
/// <param name="channel">Knows the compressions and the size limit.</param>
/// <param name="parse">The method's deserializer.</param>
internal sealed class MessageReader<T>(Stream body, string? encoding, GrpcChannel channel, Func<DeserializationContext, T> parse)
    where T : class
{
    // An HTTP/2 data frame of the default size fits.
    private static readonly StreamPipeReaderOptions s_options = new(bufferSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true);

    private readonly PipeReader _body = PipeReader.Create(body, s_options);
    private readonly int _limit = channel.MaxReceiveMessageSize ?? int.MaxValue;

    /// <summary>Reads the next message; null at the end of the body.</summary>
    /// <exception cref="RpcException">
    /// RESOURCE_EXHAUSTED: larger than the limit, as it came or decompressed. INTERNAL: broken framing or compressed bytes. UNIMPLEMENTED: a compression
    /// that the channel does not know.
    /// </exception>
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await _body.ReadAsync(cancellationToken).ConfigureAwait(false);
            var rest = result.Buffer;
            if (MessageFrame.TryRead(ref rest, _limit, out var compressed, out var payload))
            {
                var message = compressed ? ParseCompressed(payload) : MessagePayload.Parse(payload, parse);
                _body.AdvanceTo(rest.Start);
                return message;
            }

            if (result.IsCompleted)
            {
                return rest.IsEmpty ? null : throw new RpcException(new Status(
                    StatusCode.Internal, $"The response ended inside a message, after {rest.Length} bytes of it."));
            }

            _body.AdvanceTo(rest.Start, rest.End);
        }
    }

    /// <summary>Gives the memory back. No read may be under way, and none follows.</summary>
    public void Release() => _body.Complete();

    private T ParseCompressed(in ReadOnlySequence<byte> payload)
    {
        if (encoding is null or WireNames.Identity)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message is marked as compressed, and the response names no compression."));
        }

        var provider = channel.FindCompression(encoding) ?? throw new RpcException(new Status(
            StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {channel.AcceptedEncodings}"));
        using var message = MessageCompression.Decompress(provider, payload, _limit);
        return MessagePayload.Parse(message.WrittenSequence, parse);
    }
}
