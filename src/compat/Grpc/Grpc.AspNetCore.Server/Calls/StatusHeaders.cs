using System.Globalization;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Writes metadata and the status into headers or trailers.</summary>
internal static class StatusHeaders
{
    private static readonly StringValues[] s_codes = Array.ConvertAll(Enum.GetValues<StatusCode>(), code => new StringValues(((int)code).ToString(CultureInfo.InvariantCulture)));

    public static void Write(IHeaderDictionary headers, in Status status)
    {
        var code = (int)status.StatusCode;
        headers.GrpcStatus = (uint)code < (uint)s_codes.Length ? s_codes[code] : code.ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            headers.GrpcMessage = PercentEncoding.Encode(status.Detail);
        }
    }

    /// <summary>Adds metadata of a handler, except what is the protocol's own.</summary>
    /// <exception cref="InvalidOperationException">A value has characters that HTTP does not carry.</exception>
    public static void Add(IHeaderDictionary headers, Metadata metadata)
    {
        for (var i = 0; i < metadata.Count; i++)
        {
            var entry = metadata[i];
            if (entry.Key is WireNames.EncodingRequest or WireNames.Status or WireNames.Message)
            {
                continue;
            }

            try
            {
                headers.Append(entry.Key, entry.IsBinary ? BinaryHeader.Encode(entry.BytesUnsafe) : entry.Value);
            }
            catch (InvalidOperationException invalid)
            {
                throw new InvalidOperationException($"The metadata '{entry.Key}' cannot be sent: {invalid.Message}", invalid);
            }
        }
    }
}
