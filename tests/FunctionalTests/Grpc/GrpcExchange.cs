using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace FunctionalTests.Grpc;

/// <summary>Makes gRPC requests out of plain HTTP and takes replies apart, so that tests see what travels.</summary>
internal static class GrpcExchange
{
    /// <summary>A message in its frame.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, bool compressed = false)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    /// <summary>A message of the probe service in its frame.</summary>
    public static byte[] ProbeFrame(params byte[] content) => Frame(Probe(content));

    public static byte[] Probe(params byte[] content) => new BytesValue { Value = ByteString.CopyFrom(content) }.ToByteArray();

    public static byte[] Content(byte[] message) => BytesValue.Parser.ParseFrom(message).Value.ToByteArray();

    public static HttpRequestMessage Request(string method, HttpContent body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/{ProbeBinding.ServiceName}/{method}", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        request.Content.Headers.ContentType ??= new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value), $"The header {name} was not accepted.");
        }

        return request;
    }

    public static HttpRequestMessage Request(string method, byte[] body, params (string Name, string Value)[] headers)
        => Request(method, new ByteArrayContent(body), headers);

    /// <summary>Sends a body and reads the whole reply.</summary>
    public static async Task<GrpcReply> CallAsync(this GrpcHost host, string method, byte[] body, params (string Name, string Value)[] headers)
    {
        using var response = await host.Client.SendAsync(Request(method, body, headers), HttpCompletionOption.ResponseHeadersRead);
        return await GrpcReply.ReadAsync(response);
    }
}

/// <summary>A whole reply.</summary>
/// <param name="Http">The HTTP status.</param>
/// <param name="Headers">The response headers, with those of the content.</param>
/// <param name="Trailers">The trailers; none where everything came in the headers.</param>
/// <param name="Messages">The messages, as they travelled.</param>
/// <param name="Compressed">Which of them say that they are compressed.</param>
internal sealed record GrpcReply(
    HttpStatusCode Http, ILookup<string, string> Headers, ILookup<string, string> Trailers, IReadOnlyList<byte[]> Messages, IReadOnlyList<bool> Compressed)
{
    /// <summary>Whether headers, status and end came in one frame.</summary>
    public bool IsTrailersOnly => Headers.Contains("grpc-status");

    public StatusCode Status => (StatusCode)int.Parse((IsTrailersOnly ? Headers : Trailers)["grpc-status"].Single(), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The status message as it travelled, or null.</summary>
    public string? RawDetail => (IsTrailersOnly ? Headers : Trailers)["grpc-message"].SingleOrDefault();

    public string? Detail => RawDetail is null ? null : Uri.UnescapeDataString(RawDetail);

    /// <summary>The content of the only message.</summary>
    public byte[] Content => GrpcExchange.Content(Assert.Single(Messages));

    public static async Task<GrpcReply> ReadAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        var messages = new List<byte[]>();
        var compressed = new List<bool>();
        for (var rest = body.AsMemory(); rest.Length > 0;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32BigEndian(rest.Span[1..]);
            compressed.Add(rest.Span[0] == 1);
            messages.Add(rest.Slice(5, length).ToArray());
            rest = rest[(5 + length)..];
        }

        return new GrpcReply(
            response.StatusCode, ToLookup(response.Headers.Concat(response.Content.Headers)), ToLookup(response.TrailingHeaders), messages, compressed);
    }

    private static ILookup<string, string> ToLookup(IEnumerable<KeyValuePair<string, IEnumerable<string>>> headers)
        => headers.SelectMany(header => header.Value, (header, value) => (Name: header.Key.ToLowerInvariant(), value)).ToLookup(pair => pair.Name, pair => pair.value);
}
