using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Inference.Protocol.Access;
using Inference.Server.Entry;
using Inference.Server.Options;
using Inference.Server.Security;
using Inference.Server.Security.Jwt;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Benchmarks.Security;

/// <summary>What it costs a call to find out who makes it: nothing configured (the baseline), an API key, a token that was seen before, and one that was not.</summary>
[MemoryDiagnoser]
[SuppressMessage("Reliability", "CA2012", Justification = "They are done at once.")]
public class CallerBenchmarks
{
    private readonly MethodRule _rule = MethodRules.Find("/recsys.v1.RecommendationService/Recommend")!;
    private readonly DefaultHttpContext _withKey = new(), _withToken = new(), _withNothing = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("callers-").FullName;
    private ServiceProvider _services = null!;
    private CallerCheck _open = null!, _configured = null!, _uncached = null!;
    private ServedKeys _keys = null!;

    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    private async Task SetUpAsync()
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        string key = ApiKey.Create(), clients = Path.Combine(_folder, "clients.json"), set = Path.Combine(_folder, "keys.json");
        await File.WriteAllTextAsync(clients, $$"""{ "clients": [ { "name": "web", "roles": ["serve"], "keys": [ { "id": "{{key.AsSpan(4, ApiKey.IdLength)}}", "sha256": "{{ApiKey.HashText(key)}}" } ] } ] }""");
        using RSA rsa = RSA.Create(2048);
        RSAParameters parameters = rsa.ExportParameters(includePrivateParameters: false);
        await File.WriteAllTextAsync(set, $$"""{ "keys": [ { "kty": "RSA", "kid": "1", "n": "{{Base64UrlEncoder.Encode(parameters.Modulus)}}", "e": "{{Base64UrlEncoder.Encode(parameters.Exponent)}}" } ] }""");
        string token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = "bench", Audience = "bench", Claims = new Dictionary<string, object> { ["sub"] = "web", ["roles"] = new[] { "serve" } }, Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1),
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(rsa) { KeyId = "1" }, "RS256"),
        });
        var options = new InferenceOptions();
        options.Security.ClientsFile = clients;
        (options.Jwt.Keys, options.Jwt.Issuer, options.Jwt.Audience) = (set, "bench", "bench");
        _keys = new ServedKeys(options.Jwt, TimeProvider.System, new SecurityMetrics(_services.GetRequiredService<IMeterFactory>(), TimeProvider.System), NullLogger<ServedKeys>.Instance);
        await _keys.RefetchAsync();
        _open = Make(new InferenceOptions(), null);
        _configured = Make(options, options.Jwt);
        _uncached = Make(options, new JwtOptions { Keys = set, Issuer = "bench", Audience = "bench", CacheEntries = 0 });
        _withKey.Request.Headers["x-api-key"] = key;
        _withToken.Request.Headers.Authorization = $"Bearer {token}";
        if (Key() is not null || KnownToken() is not null || NewToken() is not null || Nothing() is not null)
            throw new InvalidOperationException("A caller is refused.");
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _keys.Dispose();
        _services.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public object? Nothing() => _open.CheckAsync(_withNothing, _rule).GetAwaiter().GetResult();

    [Benchmark]
    public object? Key() => _configured.CheckAsync(_withKey, _rule).GetAwaiter().GetResult();

    [Benchmark]
    public object? KnownToken() => _configured.CheckAsync(_withToken, _rule).GetAwaiter().GetResult();

    [Benchmark]
    public object? NewToken() => _uncached.CheckAsync(_withToken, _rule).AsTask().GetAwaiter().GetResult();

    private CallerCheck Make(InferenceOptions options, JwtOptions? jwt) => new(
        options, new ServedClients(options.Security, TimeProvider.System, NullLogger<ServedClients>.Instance), TimeProvider.System,
        new SecurityMetrics(_services.GetRequiredService<IMeterFactory>(), TimeProvider.System), jwt is null ? null : new TokenCheck(jwt, _keys, TimeProvider.System));
}
