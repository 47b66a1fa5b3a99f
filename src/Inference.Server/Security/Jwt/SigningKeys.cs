using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Inference.Server.Security.Jwt;

/// <summary>The public keys of one JSON Web Key Set that may sign tokens. Immutable. Source: RFC 7517.</summary>
internal sealed class SigningKeys
{
    /// <summary>Most keys that a token without a key id is tried with.</summary>
    private const int MostTried = 8;

    /// <summary>Fewest bits of an RSA key. Source: RFC 7518, 3.3.</summary>
    private const int FewestRsaBits = 2048;

    private readonly FrozenDictionary<string, SecurityKey[]> _byId;

    private SigningKeys(SecurityKey[] all, string text)
    {
        All = all;
        Text = text;
        _byId = all.Where(key => key.KeyId is { Length: > 0 }).GroupBy(key => key.KeyId, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
    }

    /// <summary>All keys.</summary>
    public IReadOnlyList<SecurityKey> All { get; }

    /// <summary>The set's own text.</summary>
    public string Text { get; }

    /// <summary>Reads a set. Keys that cannot sign, shared secrets among them, and short ones are left out.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="problem">Why there is no key.</param>
    public static SigningKeys? TryRead(string text, out string problem)
    {
        problem = "";
        try
        {
            SecurityKey[] keys = [.. new JsonWebKeySet(text).Keys.Where(IsUsable).Select(ToKey).OfType<SecurityKey>()];
            if (keys.Length > 0)
                return new SigningKeys(keys, text);
            problem = "It holds no public RSA or EC key for signatures.";
        }
        catch (Exception e) when (e is ArgumentException or FormatException or CryptographicException or InvalidOperationException or System.Text.Json.JsonException)
        {
            problem = "It is no JSON Web Key Set.";
        }

        return null;
    }

    /// <summary>The keys that may have signed a token; none where its key is unknown.</summary>
    /// <param name="id">The token's key id; "" where it names none.</param>
    public IReadOnlyList<SecurityKey> Find(string id) => id.Length == 0 ? [.. All.Take(MostTried)] : _byId.GetValueOrDefault(id, []);

    private static bool IsUsable(JsonWebKey key) => key.Use is null or "" or JsonWebKeyUseNames.Sig && !key.HasPrivateKey;

    private static SecurityKey? ToKey(JsonWebKey key)
    {
        try
        {
            switch (key.Kty)
            {
                case JsonWebAlgorithmsKeyTypes.RSA:
                    var rsa = new RsaSecurityKey(new RSAParameters { Modulus = Base64UrlEncoder.DecodeBytes(key.N), Exponent = Base64UrlEncoder.DecodeBytes(key.E) }) { KeyId = key.KeyId };
                    return rsa.KeySize >= FewestRsaBits ? rsa : null;
                case JsonWebAlgorithmsKeyTypes.EllipticCurve:
                    return key;
                default:
                    return null;
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or CryptographicException)
        {
            // One broken key does not take the others along.
            return null;
        }
    }
}
