using System.Buffers;

namespace Grpc.Core.Wire;

/// <summary>
/// Values of <c>-bin</c> headers: base64, written without padding and read with or without; several values of a key may stand in one header,
/// separated by commas. Source: gRPC, doc/PROTOCOL-HTTP2.md, "Binary-Header".
/// </summary>
internal static class BinaryHeader
{
    private const int OnStack = 256;

    /// <summary>Encodes one value.</summary>
    public static string Encode(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>Decodes one value, that is, what stands between commas.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] value)
    {
        value = [];
        text = text.Trim().TrimEnd('=');
        if (text.Length % 4 == 1 || text.Contains(' '))
        {
            return false;
        }

        var length = (text.Length + 3) / 4 * 4;
        var rented = length <= OnStack ? null : ArrayPool<char>.Shared.Rent(length);
        var padded = rented is null ? stackalloc char[length] : rented.AsSpan(0, length);
        try
        {
            text.CopyTo(padded);
            padded[text.Length..].Fill('=');
            var decoded = new byte[text.Length * 3 / 4];
            if (!Convert.TryFromBase64Chars(padded, decoded, out var written) || written != decoded.Length)
            {
                return false;
            }

            value = decoded;
            return true;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Adds every value of a received header to <paramref name="metadata"/>. The key is valid, in lower case and ends with <c>-bin</c>.</summary>
    /// <returns>False where a value is not base64; those before it have been added.</returns>
    public static bool TryAddTo(Metadata metadata, string key, ReadOnlySpan<char> header)
    {
        foreach (var part in header.Split(','))
        {
            if (!TryDecode(header[part], out var value))
            {
                return false;
            }

            metadata.Add(Metadata.Entry.AdoptBytes(key, value));
        }

        return true;
    }
}
