using System.Security.Cryptography;
using System.Text;
using Fuzz.Engine;
using Inference.Server.Options;
using Inference.Server.Security;
using Inference.Server.Security.Jwt;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Fuzz.Targets;

/// <summary>The file of clients.</summary>
internal sealed class ClientsTarget : FuzzTarget
{
    public override string Name => "clients-file";

    public override (long PerByte, long Free) MostAllocated => (4_096, 1 << 20);

    public override IReadOnlyList<string> Tokens =>
        ["null", "-1", "1e400", "{}", "[]", "\"\"", "\"\\ud800\"", "\"name\":", "\"roles\":[\"admin\"]", "\"keys\":", "\"sha256\":", "\"expires\":\"2027-01-01T00:00:00Z\"", "\"certificates\":[\"dns:x\"]", "\"quota\":{\"burst\":1e9}", "// c\n", ","];

    public override IEnumerable<byte[]> Seeds() =>
    [
        Encoding.UTF8.GetBytes($$"""
            { "clients": [
              { "name": "web", "roles": ["serve", "events"], "keys": [ { "id": "k3j9k3j9k3j9", "sha256": "{{new string('a', 64)}}", "expires": "2027-01-01T00:00:00Z" } ],
                "certificates": [ "subject:CN=web", "dns:web.internal", "uri:spiffe://shop/web" ], "quota": { "requestsPerSecond": 100, "burst": 200, "maxConcurrent": 50 } },
              { "name": "ops", "roles": ["admin"], "certificates": [ "subject:CN=ops" ] }, // the last one
            ] }
            """),
    ];

    public override bool Read(byte[] input)
    {
        ClientSet? clients = ClientsFile.TryRead(Encoding.UTF8.GetString(input), out IReadOnlyList<string> problems);
        FuzzException.Unless(clients is null == problems.Count > 0, "a file is neither taken nor refused");
        FuzzException.Unless(problems.All(problem => problem.Length is > 0 and < 2_000), "a problem is empty or long");
        return clients is not null;
    }
}

/// <summary>Sets of keys that may sign tokens.</summary>
internal sealed class KeySetTarget : FuzzTarget
{
    private static readonly string Modulus = Base64UrlEncoder.Encode([.. Enumerable.Range(0, 256).Select(static i => (byte)(200 + (i % 50)))]);

    public override string Name => "key-set";

    public override (long PerByte, long Free) MostAllocated => (4_096, 4 << 20);

    public override IReadOnlyList<string> Tokens => ["null", "{}", "[]", "\"kty\":\"RSA\"", "\"kty\":\"EC\"", "\"kty\":\"oct\"", "\"crv\":\"P-256\"", "\"x\":\"AA\"", "\"n\":", "\"e\":\"AQAB\"", "\"d\":\"AA\"", "\"use\":\"sig\"", "\"x5c\":[\"AA\"]", "\"kid\":\"\\ud800\""];

    public override IEnumerable<byte[]> Seeds() => [Encoding.UTF8.GetBytes($$"""{"keys":[{"kty":"RSA","kid":"one","use":"sig","alg":"RS256","n":"{{Modulus}}","e":"AQAB"},{"kty":"oct","k":"AAAA"}]}""")];

    public override bool Read(byte[] input)
    {
        SigningKeys? keys = SigningKeys.TryRead(Encoding.UTF8.GetString(input), out string problem);
        FuzzException.Unless(keys is null == problem.Length > 0, "a set is neither taken nor refused");
        foreach (SecurityKey key in keys?.All ?? [])
            FuzzException.Unless(key is not SymmetricSecurityKey and not JsonWebKey { Kty: "oct" }, "a shared secret is taken for a public key");
        return keys is not null;
    }
}

/// <summary>Tokens: none is taken but what was signed. The keys are drawn when the target is made, so signatures differ from run to run; what is changed does not.</summary>
internal sealed class TokenTarget : FileTarget
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly HashSet<string> _signed = new(StringComparer.Ordinal);
    private ServedKeys? _keys;
    private TokenCheck? _check;

    public override string Name => "token";

    public override (long PerByte, long Free) MostAllocated => (4_096, 1 << 20);

    public override IReadOnlyList<string> Tokens => [".", "..", "eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9", "e30", "bnVsbA", "W10", "=", "-_"];

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (string subject in new[] { "web", "ops" })
        {
            string token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
            {
                Issuer = "issuer", Audience = "audience", Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(1), SigningCredentials = new SigningCredentials(new RsaSecurityKey(_rsa) { KeyId = "one" }, SecurityAlgorithms.RsaSha256),
                Claims = new Dictionary<string, object> { ["sub"] = subject, ["roles"] = new[] { "serve" } },
            });
            _signed.Add(token[..token.LastIndexOf('.')]);
            yield return Encoding.ASCII.GetBytes(token);
        }
    }

    public override bool Read(byte[] input)
    {
        _check ??= Make();
        string token = Encoding.Latin1.GetString(input);
        TokenVerdict verdict = _check.CheckAsync(token).AsTask().GetAwaiter().GetResult();
        FuzzException.Unless(!verdict.CannotTell, "there are no keys");
        if (verdict.Caller is null)
            return false;
        FuzzException.Unless(_signed.Contains(token[..token.LastIndexOf('.')]), "a token that nobody signed is taken");
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        _keys?.Dispose();
        _rsa.Dispose();
        _services.Dispose();
        base.Dispose(disposing);
    }

    private TokenCheck Make()
    {
        RSAParameters key = _rsa.ExportParameters(includePrivateParameters: false);
        string path = Put("keys.json", Encoding.UTF8.GetBytes($$"""{"keys":[{"kty":"RSA","kid":"one","n":"{{Base64UrlEncoder.Encode(key.Modulus)}}","e":"{{Base64UrlEncoder.Encode(key.Exponent)}}"}]}"""));
        var options = new JwtOptions { Keys = path, Issuer = "issuer", Audience = "audience", RefetchInterval = TimeSpan.FromHours(1), FetchTimeout = TimeSpan.FromSeconds(30) };
        _keys = new ServedKeys(options, TimeProvider.System, new SecurityMetrics(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), TimeProvider.System), NullLogger<ServedKeys>.Instance);
        _keys.RefetchAsync().AsTask().GetAwaiter().GetResult();
        return new TokenCheck(options, _keys, TimeProvider.System);
    }
}
