using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Text;
using Inference.Recommendations.Queries;

namespace Inference.Server.Requests;

/// <summary>
/// What a page token holds: which list it goes on with, and what of it was shown. Any replica can answer it, for nothing is kept elsewhere. Base64url of
/// <code>
///  1 byte        format, 1
///  8 bytes       hash of the question, little-endian
///  varint        number of the page that it asks for, from 2
///  text          request id of the first page
///  text          model version that answered last
///  varint, texts ids of the items that were shown, in order
///  4 bytes       CRC-32C of all before it, little-endian
/// </code>
/// where a text is its length in bytes as a varint, and UTF-8. Ids of bundles may be longer than those that a request may name. The checksum tells damage, not forgery: who makes a token up can hide items from themselves, and no more.
/// </summary>
/// <param name="Question">Hash of the question (<see cref="PageQuestion"/>).</param>
/// <param name="Page">The page that it asks for.</param>
internal sealed record PageToken(ulong Question, Page Page)
{
    /// <summary>Most items over all pages.</summary>
    public const int MostItems = 1_000;

    /// <summary>Most bytes before they are written as text; where ids are so long that it takes more, there is no further page.</summary>
    public const int MostBytes = 64 << 10;

    private const byte Format = 1;
    private const int LeastBytes = 1 + 8 + 1 + 1 + 1 + 1 + 4;
    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes the token that asks for the page after one.</summary>
    /// <param name="question">Hash of the question.</param>
    /// <param name="page">The page that was shown; null for the first.</param>
    /// <param name="requestId">Request id of the page that was shown.</param>
    /// <param name="modelVersion">The version that answered it.</param>
    /// <param name="shown">Its items.</param>
    /// <returns>"" where it would be too long.</returns>
    public static string Write(ulong question, Page? page, string requestId, string modelVersion, IReadOnlyList<RecommendedItem> shown)
    {
        string first = page?.FirstRequestId ?? requestId;
        int before = page?.ShownItemIds.Count ?? 0, most = LeastBytes + 16 + SizeOf(first) + SizeOf(modelVersion);
        for (int i = 0; i < before; i++)
            most += SizeOf(page!.ShownItemIds[i]);
        for (int i = 0; i < shown.Count; i++)
            most += SizeOf(shown[i].ItemId);
        byte[] rented = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            Span<byte> bytes = rented;
            bytes[0] = Format;
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[1..], question);
            int at = 9;
            Put(bytes, ref at, (uint)(page?.Number ?? 1) + 1);
            Put(bytes, ref at, first);
            Put(bytes, ref at, modelVersion);
            Put(bytes, ref at, (uint)(before + shown.Count));
            for (int i = 0; i < before; i++)
                Put(bytes, ref at, page!.ShownItemIds[i]);
            for (int i = 0; i < shown.Count; i++)
                Put(bytes, ref at, shown[i].ItemId);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], Checksum(bytes[..at]));
            return at + 4 > MostBytes ? "" : Base64Url.EncodeToString(bytes[..(at + 4)]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads a token that somebody sent.</summary>
    /// <param name="text">Whatever it is.</param>
    /// <returns>Null where it is none.</returns>
    public static PageToken? Read(string text)
    {
        int size = (int)(text.Length * 3L / 4);
        // Space and padding would let many texts be one token; bits that no byte takes are refused when it is decoded.
        if (size is < LeastBytes or > MostBytes || text.Length % 4 == 1 || text.AsSpan().ContainsAnyExcept(Letters))
            return null;
        byte[] rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Span<byte> bytes = rented.AsSpan(0, size);
            return Base64Url.DecodeFromChars(text, bytes, out _, out int written) == OperationStatus.Done && written == size ? Read(bytes) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static PageToken? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != Format || BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) != Checksum(bytes[..^4]))
            return null;
        ulong question = BinaryPrimitives.ReadUInt64LittleEndian(bytes[1..]);
        ReadOnlySpan<byte> rest = bytes[9..^4];
        if (!TryTake(ref rest, out uint page) || page is < 2 or > MostItems + 1 || !TryTake(ref rest, RequestLimits.RequestIdBytes, out string first)
            || !TryTake(ref rest, MostBytes, out string version) || !TryTake(ref rest, out uint count) || count > MostItems)
            return null;
        var shown = new string[count];
        for (int i = 0; i < shown.Length; i++)
        {
            if (!TryTake(ref rest, MostBytes, out shown[i]))
                return null;
        }

        return rest.IsEmpty ? new PageToken(question, new Page((int)page, first, version, shown)) : null;
    }

    private static int SizeOf(string text) => 5 + Encoding.UTF8.GetMaxByteCount(text.Length);

    private static void Put(Span<byte> bytes, ref int at, uint value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes[at++] = (byte)(value | 0x80);
        bytes[at++] = (byte)value;
    }

    private static void Put(Span<byte> bytes, ref int at, string text)
    {
        Put(bytes, ref at, (uint)Encoding.UTF8.GetByteCount(text));
        at += Encoding.UTF8.GetBytes(text, bytes[at..]);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out uint value)
    {
        value = 0;
        for (int shift = 0; shift < 28 && !rest.IsEmpty; shift += 7)
        {
            byte next = rest[0];
            rest = rest[1..];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }

        return false;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, int mostBytes, out string text)
    {
        text = "";
        if (!TryTake(ref rest, out uint size) || size > mostBytes || size > rest.Length)
            return false;
        text = Strict.GetString(rest[..(int)size]);
        rest = rest[(int)size..];
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}
