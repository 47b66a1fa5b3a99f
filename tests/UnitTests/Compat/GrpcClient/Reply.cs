using System.Net;
using System.Net.Http.Headers;

namespace UnitTests.Compat.GrpcClient;

/// <summary>A response that a server might send, right or wrong.</summary>
internal sealed record Reply
{
    public HttpStatusCode StatusCode { get; init; } = HttpStatusCode.OK;

    public string? ContentType { get; init; } = "application/grpc";

    public Version Version { get; init; } = HttpVersion.Version20;

    public (string Name, string Value)[] Headers { get; init; } = [];

    public (string Name, string Value)[] Trailers { get; init; } = [("grpc-status", "0")];

    public Stream Body { get; init; } = Stream.Null;

    public static Reply Of(params byte[][] frames) => new() { Body = new MemoryStream(frames.SelectMany(frame => frame).ToArray()) };

    public static Reply Status(int code, string? message = null, params (string Name, string Value)[] more)
        => new() { Trailers = [("grpc-status", $"{code}"), .. message is null ? [] : new[] { ("grpc-message", message) }, .. more] };

    public HttpResponseMessage ToHttp(HttpRequestMessage request)
    {
        var response = new HttpResponseMessage(StatusCode) { Version = Version, RequestMessage = request, Content = new StreamContent(Body) };
        if (ContentType is not null)
        {
            response.Content.Headers.TryAddWithoutValidation("content-type", ContentType);
        }

        Add(Headers, response.Headers);
        Add(Trailers, response.TrailingHeaders);
        return response;
    }

    private static void Add((string Name, string Value)[] from, HttpHeaders to)
    {
        foreach (var (name, value) in from)
        {
            to.TryAddWithoutValidation(name, value);
        }
    }
}
