using System.Buffers;
using System.Text;

namespace Grpc.Core.Wire;

/// <summary>
/// The text of <c>grpc-message</c>: UTF-8 in which every byte other than space to <c>~</c>, and <c>%</c> itself, is <c>%XX</c>.
/// Source: gRPC, doc/PROTOCOL-HTTP2.md, "Status-Message".
/// </summary>
internal static class PercentEncoding
{
    private static readonly SearchValues<char> s_plain = SearchValues.Create(
        " !\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Encodes; the same string where nothing needs it. Half a surrogate pair becomes U+FFFD.</summary>
    public static string Encode(string text)
    {
        var first = text.AsSpan().IndexOfAnyExcept(s_plain);
        if (first < 0)
        {
            return text;
        }

        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length - first));
        try
        {
            var count = Encoding.UTF8.GetBytes(text.AsSpan(first), rented);
            var encoded = new StringBuilder(text.Length + (2 * count)).Append(text, 0, first);
            foreach (var unit in rented.AsSpan(0, count))
            {
                if (unit is >= 0x20 and <= 0x7E and not (byte)'%')
                {
                    encoded.Append((char)unit);
                }
                else
                {
                    encoded.Append('%').Append(HexDigit(unit >> 4)).Append(HexDigit(unit & 0xF));
                }
            }

            return encoded.ToString();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Decodes whatever a peer sent: a <c>%</c> without two digits stays, and bytes that are not UTF-8 become U+FFFD.</summary>
    public static string Decode(string encoded)
    {
        var first = encoded.IndexOf('%', StringComparison.Ordinal);
        if (first < 0)
        {
            return encoded;
        }

        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(encoded.Length));
        try
        {
            var count = 0;
            for (var i = 0; i < encoded.Length;)
            {
                if (encoded[i] == '%' && i + 2 < encoded.Length && char.IsAsciiHexDigit(encoded[i + 1]) && char.IsAsciiHexDigit(encoded[i + 2]))
                {
                    rented[count++] = (byte)((HexValue(encoded[i + 1]) << 4) | HexValue(encoded[i + 2]));
                    i += 3;
                    continue;
                }

                var end = encoded.IndexOf('%', i + 1);
                end = end < 0 ? encoded.Length : end;
                count += Encoding.UTF8.GetBytes(encoded.AsSpan(i, end - i), rented.AsSpan(count));
                i = end;
            }

            return Encoding.UTF8.GetString(rented, 0, count);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
