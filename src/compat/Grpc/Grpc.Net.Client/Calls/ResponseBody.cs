using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Client.Messages;

namespace Grpc.Net.Client.Calls;

/// <summary>A response whose headers were found good: its messages, and then its trailers.</summary>
internal sealed record ResponseBody<T>(HttpResponseMessage Response, MessageReader<T> Reader)
    where T : class
{
    public static async ValueTask<ResponseBody<T>> OpenAsync(
        HttpResponseMessage response, GrpcChannel channel, Func<DeserializationContext, T> parse, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        string? encoding = null;
        if (response.Headers.NonValidated.TryGetValues(WireNames.Encoding, out var encodings))
        {
            encoding = encodings.ToString();
        }

        return new ResponseBody<T>(response, new MessageReader<T>(stream, encoding, channel, parse));
    }
}
