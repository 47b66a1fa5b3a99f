using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Client.Calls;

namespace Grpc.Net.Client.Http;

/// <summary>
/// The status that a response carries in its headers or trailers, or that stands for a response that is no gRPC (gRPC over HTTP/2, "Responses";
/// "HTTP to gRPC Status Code Mapping"). Where that specification says UNKNOWN for a 200 that lacks a content type or a status, the official
/// .NET client says CANCELLED, and so does this one.
/// </summary>
internal static class ResponseStatus
{
    /// <summary>The outcome of a response that ends with its headers; null where messages and trailers follow.</summary>
    public static CallOutcome? OfHeaders(HttpResponseMessage response)
    {
        if (Find(response.Headers) is { } status)
        {
            return new CallOutcome(status, MetadataHeaders.Read(response.Headers));
        }

        return Reject(response) is { } rejection ? new CallOutcome(rejection) : null;
    }

    /// <summary>The outcome of a response whose body was read to its end.</summary>
    public static CallOutcome OfTrailers(HttpResponseMessage response)
        => new(
            Find(response.TrailingHeaders) ?? new Status(StatusCode.Cancelled, "No grpc-status found on response."),
            MetadataHeaders.Read(response.TrailingHeaders));

    /// <summary>The status that an HTTP status stands for where no grpc-status was sent.</summary>
    public static StatusCode OfHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests => StatusCode.Unavailable,
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        >= HttpStatusCode.Continue and < HttpStatusCode.OK => StatusCode.Internal,
        _ => StatusCode.Unknown,
    };

    private static Status? Reject(HttpResponseMessage response)
    {
        if (response.Version < HttpVersion.Version20)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(OfHttp(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        return First(response.Content.Headers, "Content-Type") switch
        {
            null => new Status(StatusCode.Cancelled, "Bad gRPC response. Response did not have a content-type header."),
            var type when !WireNames.IsGrpcContentType(type) => new Status(StatusCode.Cancelled, $"Bad gRPC response. Invalid content-type value: {type}"),
            _ => null,
        };
    }

    private static Status? Find(HttpHeaders headers)
    {
        if (First(headers, WireNames.Status) is not { } text)
        {
            return null;
        }

        var message = First(headers, WireNames.Message) is { } encoded ? PercentEncoding.Decode(encoded) : "";
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new Status((StatusCode)code, message)
            : new Status(StatusCode.Unknown, $"Bad gRPC response. Invalid grpc-status value: {text}. {message}");
    }

    private static string? First(HttpHeaders headers, string name)
    {
        if (headers.NonValidated.TryGetValues(name, out var values))
        {
            foreach (var value in values)
            {
                return value;
            }
        }

        return null;
    }
}
