using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Inference.Protocol.Access;

/// <summary>
/// An API key: "rsk_" + id + "_" + secret. The id is 12 characters by which a server finds the client; the secret is 256 random bits as 43 characters of base64url. A server keeps the SHA-256 of the whole
/// text alone: with that much chance in it no salt and no slow hash makes guessing harder (ADR 41).
/// </summary>
public static class ApiKey
{
    /// <summary>What all keys begin with, so that scanners of sources find them.</summary>
    public const string Prefix = "rsk_";

    /// <summary>Characters of the id.</summary>
    public const int IdLength = 12;

    /// <summary>Characters of a key.</summary>
    public const int Length = 4 + IdLength + 1 + SecretLength;

    private const int SecretBytes = 32;
    private const int SecretLength = 43;

    /// <summary>No vowels and nothing that looks like something else, so that an id is no word and can be read out.</summary>
    private const string IdAlphabet = "23456789bcdfghjkmnpqrstvwxz";

    private static readonly SearchValues<char> IdCharacters = SearchValues.Create(IdAlphabet);

    private static readonly SearchValues<char> SecretCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Makes a key from the system's source of chance.</summary>
    public static string Create() => string.Concat(Prefix, RandomNumberGenerator.GetString(IdAlphabet, IdLength), "_", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)));

    /// <summary>Whether a text has the form of a key.</summary>
    /// <param name="text">The text.</param>
    /// <param name="id">The id in it.</param>
    public static bool TryGetId(ReadOnlySpan<char> text, out ReadOnlySpan<char> id)
    {
        id = default;
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length + IdLength] != '_' || text[^SecretLength..].ContainsAnyExcept(SecretCharacters))
            return false;
        id = text.Slice(Prefix.Length, IdLength);
        return IsId(id);
    }

    /// <summary>Whether a text can be the id of a key.</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length == IdLength && !text.ContainsAnyExcept(IdCharacters);

    /// <summary>The hash under which a server keeps a key.</summary>
    /// <param name="key">A text of the form of a key.</param>
    /// <param name="hash">Receives 32 bytes.</param>
    /// <exception cref="ArgumentException">The text is longer than a key.</exception>
    public static void Hash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        if (key.Length > Length)
            throw new ArgumentException("The text is longer than a key.", nameof(key));
        Span<byte> utf8 = stackalloc byte[Length * 3];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(key, utf8)], hash);
    }

    /// <summary>The hash as a clients file has it: 64 digits.</summary>
    public static string HashText(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(key, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Reads a hash from a clients file.</summary>
    public static bool TryReadHash(string text, [NotNullWhen(true)] out byte[]? hash)
    {
        hash = text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;
        return hash is not null;
    }
}
