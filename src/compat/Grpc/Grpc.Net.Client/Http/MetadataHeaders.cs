using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client.Http;

/// <summary>Metadata as HTTP headers, and back (gRPC over HTTP/2, "Custom-Metadata").</summary>
internal static class MetadataHeaders
{
    /// <summary>Appends metadata to a request. The names that steer the client itself are left out.</summary>
    /// <exception cref="RpcException">INTERNAL: a value that the specification does not allow.</exception>
    public static void Write(Metadata metadata, HttpRequestHeaders headers)
    {
        for (var i = 0; i < metadata.Count; i++)
        {
            var entry = metadata[i];
            if (entry.Key is WireNames.Timeout or WireNames.EncodingRequest)
            {
                continue;
            }

            if (!entry.IsBinary)
            {
                CheckText(entry);
                headers.TryAddWithoutValidation(entry.Key, entry.Value);
            }
            else if (IsFirstOfItsKey(metadata, i))
            {
                headers.TryAddWithoutValidation(entry.Key, JoinBinary(metadata, i));
            }
        }
    }

    /// <summary>
    /// What a response's headers or trailers say to the application: without those of the protocol, and without what no metadata can be, such as a
    /// name outside gRPC's alphabet or a -bin value that is no base64. Neither is worth failing a call for.
    /// </summary>
    public static Metadata Read(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (IsOfProtocol(name) || !MetadataKey.IsValid(name))
            {
                continue;
            }

            var key = MetadataKey.Normalize(name);
            foreach (var value in values)
            {
                if (!MetadataKey.IsBinary(key))
                {
                    metadata.Add(key, value);
                }
                else
                {
                    _ = BinaryHeader.TryAddTo(metadata, key, value);
                }
            }
        }

        return metadata;
    }

    // HttpClient would put a line break on the wire, and the server end the whole connection for it, with all the other calls on it.
    private static void CheckText(Metadata.Entry entry)
    {
        if (entry.Value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new RpcException(new Status(
                StatusCode.Internal, $"The value of the metadata entry '{entry.Key}' has characters other than space and printable ASCII."));
        }
    }

    // HttpClient joins repeated values with ", ", and base64 decoders stumble over the space. So the join happens here, with the bare comma of the
    // specification.
    private static string JoinBinary(Metadata metadata, int first)
    {
        var joined = BinaryHeader.Encode(metadata[first].BytesUnsafe);
        for (var i = first + 1; i < metadata.Count; i++)
        {
            if (metadata[i].Key == metadata[first].Key)
            {
                joined = $"{joined},{BinaryHeader.Encode(metadata[i].BytesUnsafe)}";
            }
        }

        return joined;
    }

    private static bool IsFirstOfItsKey(Metadata metadata, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (metadata[i].Key == metadata[index].Key)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsOfProtocol(string name)
        => Is(name, WireNames.Status) || Is(name, WireNames.Message) || Is(name, WireNames.Encoding) || Is(name, WireNames.AcceptEncoding)
            || Is(name, "content-type") || Is(name, "content-encoding");

    private static bool Is(string name, string header) => string.Equals(name, header, StringComparison.OrdinalIgnoreCase);
}
