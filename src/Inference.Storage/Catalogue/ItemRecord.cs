using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Storage.Catalogue;

/// <summary>A kept change of one item as bytes that people can read.</summary>
/// <remarks>
/// <code>
///  record = version ' ' body          version: decimal, 1 to 2⁵³ − 1, so that Redis's scripts can count with it
///  body   = checksum ' ' JSON         checksum: the first 16 hexadecimal digits of SHA-256 over the id, a zero byte and the JSON
/// </code>
/// The checksum covers the id, so that a record that was put under another item is found out.
/// </remarks>
internal static class ItemRecord
{
    /// <summary>The highest version that is taken.</summary>
    public const long MaxVersion = (1L << 53) - 1;

    private const int ChecksumLength = 16;

    /// <summary>The body of a change.</summary>
    /// <param name="content">Null for a deletion.</param>
    public static byte[] Body(string itemId, ItemContent? content)
    {
        StoredItem item = content is null
            ? new StoredItem { Deleted = true }
            : new StoredItem { Title = content.Title, Features = NullIfEmpty(content.Features), Attributes = NullIfEmpty(content.Attributes) };
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(item, StoredItems.Json.StoredItem);
        byte[] body = new byte[ChecksumLength + 1 + json.Length];
        json.CopyTo(body, ChecksumLength + 1);
        body[ChecksumLength] = (byte)' ';
        Checksum(itemId, json, body);
        return body;
    }

    /// <summary>The content of a body of this process's own making; null for a deletion.</summary>
    public static ItemContent? Content(ReadOnlySpan<byte> body) => ToContent(JsonSerializer.Deserialize(body[(ChecksumLength + 1)..], StoredItems.Json.StoredItem)!);

    /// <summary>Reads what a store holds.</summary>
    /// <param name="itemId">The item that it is kept under.</param>
    /// <param name="record">Any bytes.</param>
    /// <param name="version">Its version.</param>
    /// <param name="body">Its body.</param>
    /// <param name="content">What it says; null for a deletion.</param>
    /// <returns>False if it is not what was put there.</returns>
    public static bool TryRead(string itemId, byte[] record, out long version, [NotNullWhen(true)] out byte[]? body, out ItemContent? content)
    {
        body = null;
        content = null;
        if (!Utf8Parser.TryParse(record, out version, out int read) || version is < 1 or > MaxVersion || record.Length < read + ChecksumLength + 3 || record[read] != ' ')
            return false;
        ReadOnlySpan<byte> rest = record.AsSpan(read + 1), json = rest[(ChecksumLength + 1)..];
        Span<byte> checksum = stackalloc byte[ChecksumLength];
        Checksum(itemId, json, checksum);
        if (!rest.StartsWith(checksum) || rest[ChecksumLength] != ' ')
            return false;
        try
        {
            if (JsonSerializer.Deserialize(json, StoredItems.Json.StoredItem) is not { } item)
                return false;
            content = ToContent(item);
        }
        catch (JsonException)
        {
            // Whole, but of a later version of this program, or written by hand.
            return false;
        }

        body = rest.ToArray();
        return true;
    }

    private static ItemContent? ToContent(StoredItem item) => item.Deleted == true ? null : new ItemContent(item.Title, item.Features ?? FeatureSet.None, item.Attributes ?? FeatureSet.None);

    private static IReadOnlyDictionary<string, FeatureValue>? NullIfEmpty(IReadOnlyDictionary<string, FeatureValue> features) => features.Count == 0 ? null : features;

    private static void Checksum(string itemId, ReadOnlySpan<byte> json, Span<byte> digits)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(itemId));
        hash.AppendData([0]);
        hash.AppendData(json);
        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(sum);
        Convert.TryToHexStringLower(sum[..(ChecksumLength / 2)], digits, out _);
    }
}
