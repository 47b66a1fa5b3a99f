namespace Grpc.Core.Wire;

/// <summary>Names and values of the protocol. Source: gRPC, doc/PROTOCOL-HTTP2.md.</summary>
internal static class WireNames
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Identity = "identity";
    public const string Gzip = "gzip";

    /// <summary>A metadata key that never travels: by it a handler or a caller chooses the compression of one call.</summary>
    public const string EncodingRequest = "grpc-internal-encoding-request";

    /// <summary>Whether a content type is <c>application/grpc</c>, alone or with a suffix (<c>+proto</c>) or parameters.</summary>
    public static bool IsGrpcContentType(string? contentType)
        => contentType is not null
            && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
            && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>Whether a comma-separated list such as <c>grpc-accept-encoding</c> names an encoding.</summary>
    public static bool ListContains(ReadOnlySpan<char> list, string encoding)
    {
        foreach (var part in list.Split(','))
        {
            if (list[part].Trim().SequenceEqual(encoding))
            {
                return true;
            }
        }

        return false;
    }
}
