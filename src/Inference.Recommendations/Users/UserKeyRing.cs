using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Inference.Recommendations.Users;

/// <summary>Turns ids of users into keys. Immutable and safe for concurrent use.</summary>
/// <remarks>
/// All replicas that share a store need the same secrets. To rotate: the present secret becomes the former one, a new one takes its place. What is found under a former key
/// moves to the present one when its user comes back; once everything stored has outlived its time to live, the former secret can go.
/// </remarks>
public sealed class UserKeyRing
{
    private readonly byte[] _secret;
    private readonly byte[]? _former;

    /// <param name="secret">The present secret, any bytes; 32 random ones are best.</param>
    /// <param name="former">The secret before the last rotation; null when there was none.</param>
    /// <exception cref="ArgumentException">A secret is empty.</exception>
    public UserKeyRing(ReadOnlySpan<byte> secret, byte[]? former = null)
    {
        if (secret.IsEmpty || former is { Length: 0 })
            throw new ArgumentException("A secret must not be empty.");
        _secret = secret.ToArray();
        _former = former?.ToArray();
    }

    /// <summary>The identity of a user; nobody for an empty id.</summary>
    /// <param name="userId">Opaque id, as callers send it.</param>
    public UserIdentity Of(string userId)
    {
        if (userId.Length == 0)
            return default;
        int most = Encoding.UTF8.GetMaxByteCount(userId.Length);
        byte[]? rented = most > 1024 ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> utf8 = rented ?? stackalloc byte[1024];
        utf8 = utf8[..Encoding.UTF8.GetBytes(userId, utf8)];
        var identity = new UserIdentity(KeyOf(_secret, utf8), _former is null ? default : KeyOf(_former, utf8));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return identity;
    }

    private static UserKey KeyOf(byte[] secret, ReadOnlySpan<byte> utf8)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, utf8, mac);
        UserKey key = UserKey.Read(mac);
        // Nobody's key belongs to nobody, were it only once in 2^128.
        return key.IsNobody ? new UserKey(0, 1) : key;
    }
}
