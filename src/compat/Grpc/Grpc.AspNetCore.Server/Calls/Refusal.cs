using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Answers requests that are not gRPC over HTTP/2 by an HTTP status, with a gRPC status beside it for clients that look there.</summary>
internal static class Refusal
{
    /// <summary>True where the request has been answered.</summary>
    public static bool Applies(HttpContext http)
    {
        var request = http.Request;
        if (!WireNames.IsGrpcContentType(request.ContentType))
        {
            Answer(http, StatusCodes.Status415UnsupportedMediaType, request.ContentType is null
                ? "Content-Type is missing from the request."
                : $"Content-Type '{request.ContentType}' is not supported.");
            return true;
        }

        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            Answer(http, StatusCodes.Status426UpgradeRequired, $"Request protocol '{request.Protocol}' is not supported.");
            http.Response.Headers.Upgrade = "HTTP/2";
            return true;
        }

        return false;
    }

    private static void Answer(HttpContext http, int httpStatus, string detail)
    {
        http.Response.StatusCode = httpStatus;
        StatusHeaders.Write(http.Response.Headers, new Status(StatusCode.Internal, detail));
    }
}
