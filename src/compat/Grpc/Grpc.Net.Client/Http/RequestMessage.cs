using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Http;

/// <summary>The HTTP request of a call (gRPC over HTTP/2, "Requests").</summary>
internal static class RequestMessage
{
    private static readonly MediaTypeHeaderValue s_contentType = new(WireNames.ContentType);

    private static readonly Version s_version = typeof(RequestMessage).Assembly.GetName().Version!;
    private static readonly string s_userAgent =
        $"grpc-dotnet-compat/{s_version.ToString(3)} (.NET {Environment.Version}; {RuntimeInformation.RuntimeIdentifier})";

    /// <summary>Makes the request.</summary>
    /// <param name="channel">Where it goes.</param>
    /// <param name="method">The method called.</param>
    /// <param name="content">The messages. Kept by the request.</param>
    /// <param name="encoding">Compression of the messages; null for none.</param>
    /// <param name="timeout">What is left of the deadline; null for none.</param>
    /// <param name="metadata">The caller's headers.</param>
    /// <param name="authentication">The credentials' headers.</param>
    public static HttpRequestMessage Create(
        GrpcChannel channel, IMethod method, HttpContent content, string? encoding, TimeSpan? timeout, Metadata? metadata, Metadata? authentication)
    {
        content.Headers.ContentType = s_contentType;
        var request = new HttpRequestMessage(HttpMethod.Post, channel.AddressOf(method))
        {
            Version = channel.HttpVersion,
            VersionPolicy = channel.HttpVersionPolicy,
            Content = content,
        };
        var headers = request.Headers;
        if (timeout is { } left)
        {
            headers.TryAddWithoutValidation(WireNames.Timeout, TimeoutFormat.Format(left));
        }

        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation("User-Agent", s_userAgent);
        headers.TryAddWithoutValidation(WireNames.AcceptEncoding, channel.AcceptedEncodings);
        if (encoding is not null)
        {
            headers.TryAddWithoutValidation(WireNames.Encoding, encoding);
        }

        if (metadata is not null)
        {
            MetadataHeaders.Write(metadata, headers);
        }

        if (authentication is not null)
        {
            MetadataHeaders.Write(authentication, headers);
        }

        return request;
    }
}
