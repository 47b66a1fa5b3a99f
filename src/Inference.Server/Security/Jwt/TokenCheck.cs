using Inference.Server.Entry;
using Inference.Server.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Inference.Server.Security.Jwt;

/// <summary>
/// Whose token it is:
/// <list type="number">
/// <item>one that was found good before is known by its hash until it expires, as long as the keys are the same</item>
/// <item>one of another form, size or algorithm is refused before anything is computed</item>
/// <item>an unknown key is fetched, seldom</item>
/// <item>signature, issuer, audience and times are checked; the claims say who calls and what they may</item>
/// </list>
/// Source: RFC 7519, RFC 8725.
/// </summary>
internal sealed class TokenCheck(JwtOptions options, ServedKeys keys, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = options.MaxTokenBytes };
    private readonly TokenClaims _claims = new(options);
    private Known _known = new(null, new TokenCache(0));

    /// <summary>Whose token it is; a known one is answered at once.</summary>
    public ValueTask<TokenVerdict> CheckAsync(ReadOnlySpan<char> token)
    {
        if (token.Length > options.MaxTokenBytes)
            return default;
        // :: Step 1
        TokenHash hash = TokenHash.Of(token);
        return keys.Current is { } current && CacheOf(current).Find(hash, time.GetUtcNow()) is { } caller ? ValueTask.FromResult(new TokenVerdict(caller)) : CheckAsync(token.ToString(), hash);
    }

    private async ValueTask<TokenVerdict> CheckAsync(string token, TokenHash hash)
    {
        // :: Step 2
        if (Read(token) is not { } jwt)
            return default;
        // :: Step 3
        string id = jwt.Kid ?? "";
        SigningKeys? current = keys.Current;
        IReadOnlyList<SecurityKey> candidates = current?.Find(id) ?? [];
        if (candidates.Count == 0 && await keys.RefetchAsync())
        {
            current = keys.Current;
            candidates = current?.Find(id) ?? [];
        }

        if (current is null)
            return new TokenVerdict(null, CannotTell: true);
        if (candidates.Count == 0)
            return default;
        // :: Step 4
        TokenValidationResult result = await _handler.ValidateTokenAsync(jwt, ParametersOf(candidates));
        if (!result.IsValid || _claims.CallerOf(jwt) is not { } caller)
            return default;
        CacheOf(current).Add(hash, caller, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero) + options.ClockSkew);
        return new TokenVerdict(caller);
    }

    private JsonWebToken? Read(string token)
    {
        // Three parts: what is encrypted has five, and is not taken.
        if (token.AsSpan().Count('.') != 2)
            return null;
        try
        {
            var jwt = new JsonWebToken(token);
            // What a token calls critical has to be understood, and nothing of that kind is.
            return options.Algorithms.Contains(jwt.Alg) && !jwt.TryGetHeaderValue("crit", out object _) ? jwt : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or SecurityTokenException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private TokenValidationParameters ParametersOf(IReadOnlyList<SecurityKey> candidates) => new()
    {
        ValidIssuer = options.Issuer,
        ValidAudience = options.Audience,
        ValidAlgorithms = options.Algorithms,
        IssuerSigningKeys = candidates,
        TryAllIssuerSigningKeys = true,
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        LifetimeValidator = IsNow,
    };

    private bool IsNow(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + options.ClockSkew && !(notBefore is { } begin && now < begin - options.ClockSkew);
    }

    /// <summary>Tokens that were found good with these keys: a key that is withdrawn takes its tokens along.</summary>
    private TokenCache CacheOf(SigningKeys current)
    {
        Known known = Volatile.Read(ref _known);
        if (known.Keys == current)
            return known.Cache;
        var fresh = new Known(current, new TokenCache(options.CacheEntries));
        Volatile.Write(ref _known, fresh);
        return fresh.Cache;
    }

    private sealed record Known(SigningKeys? Keys, TokenCache Cache);
}
