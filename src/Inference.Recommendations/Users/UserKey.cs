using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Inference.Recommendations.Users;

/// <summary>Pseudonym of a user: the first 128 bits of HMAC-SHA256 (RFC 2104) of the user's id under a configured secret. The default value is nobody.</summary>
/// <remarks>What stores, logs and other replicas see in place of the id. It cannot be turned back without the secret; who has the secret and an id can make it.</remarks>
public readonly record struct UserKey(ulong High, ulong Low)
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 16;

    /// <summary>Characters of its text form.</summary>
    public const int TextLength = 22;

    /// <summary>Whether this is nobody: an anonymous session.</summary>
    public bool IsNobody => (High | Low) == 0;

    /// <summary>The key of 16 bytes, big-endian.</summary>
    public static UserKey Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes, big-endian.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }

    /// <summary>Reads the text form.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UserKey key)
    {
        key = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (text is not { Length: TextLength } || Base64Url.DecodeFromChars(text, bytes, out _, out int written) != OperationStatus.Done || written != Size)
            return false;
        key = Read(bytes);
        return true;
    }

    /// <summary>The key as 22 characters of base64url (RFC 4648, section 5), without padding.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    public override int GetHashCode() => (int)(Low ^ (Low >> 32));

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(ToString());
        return true;
    }
}
