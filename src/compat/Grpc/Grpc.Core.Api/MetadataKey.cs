using System.Buffers;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>The rules for keys of metadata. Source: gRPC, doc/PROTOCOL-HTTP2.md, "Header-Name".</summary>
internal static class MetadataKey
{
    private static readonly SearchValues<char> s_lower = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> s_any = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>The key in lower case; the same string where it is so already.</summary>
    /// <exception cref="ArgumentException">The key has a character that HTTP/2 metadata does not allow.</exception>
    public static string Normalize(string key)
    {
        GrpcPreconditions.CheckNotNull(key, nameof(key));
        if (!key.AsSpan().ContainsAnyExcept(s_lower))
        {
            return key;
        }

        GrpcPreconditions.CheckArgument(
            !key.AsSpan().ContainsAnyExcept(s_any),
            "Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.");
        return string.Create(key.Length, key, static (lower, source) => System.Text.Ascii.ToLower(source, lower, out _));
    }

    /// <summary>Whether a received header name is one that <see cref="Metadata.Entry"/> can carry.</summary>
    public static bool IsValid(string name) => !name.AsSpan().ContainsAnyExcept(s_any);

    /// <summary>Whether values of this key are bytes. The key is in lower case.</summary>
    public static bool IsBinary(string key) => key.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal);
}
