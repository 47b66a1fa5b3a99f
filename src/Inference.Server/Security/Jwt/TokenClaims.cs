using System.Text.Json;
using Inference.Server.Entry;
using Inference.Server.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Inference.Server.Security.Jwt;

/// <summary>Reads who calls, and what they may, out of the claims of a good token.</summary>
internal sealed class TokenClaims(JwtOptions options)
{
    /// <summary>Most characters of a name that is kept.</summary>
    private const int LongestName = 128;

    /// <summary>The caller; null where the token names nobody. Its name begins with "token:", so that it cannot be taken for a client of the clients file.</summary>
    public Caller? CallerOf(JsonWebToken token)
    {
        using JsonDocument payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        try
        {
            return CallerOf(payload);
        }
        catch (InvalidOperationException)
        {
            // A text with half of a surrogate pair, which the parser lets pass and nobody can read.
            return null;
        }
    }

    private Caller? CallerOf(JsonDocument payload)
    {
        if (Find(payload.RootElement, options.NameClaim) is not { ValueKind: JsonValueKind.String } name || name.GetString() is not { Length: > 0 } text)
            return null;
        Roles roles = Roles.None;
        foreach (string value in TextsOf(Find(payload.RootElement, options.RolesClaim)))
        {
            if (value.StartsWith(options.RolePrefix, StringComparison.Ordinal) && RoleNames.TryParse(value.AsSpan(options.RolePrefix.Length), out Roles role))
                roles |= role;
        }

        return new Caller($"token:{(text.Length <= LongestName ? text : text[..LongestName])}", roles) { Credential = "token" };
    }

    /// <summary>A claim by its name; one that is nested, as "realm_access.roles", where there is none of the whole name.</summary>
    private static JsonElement? Find(JsonElement claims, string name)
    {
        if (claims.ValueKind != JsonValueKind.Object)
            return null;
        if (claims.TryGetProperty(name, out JsonElement value))
            return value;
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && claims.TryGetProperty(name[..dot], out JsonElement nested) ? Find(nested, name[(dot + 1)..]) : null;
    }

    private static IEnumerable<string> TextsOf(JsonElement? claim) => claim switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!),
        _ => [],
    };
}
