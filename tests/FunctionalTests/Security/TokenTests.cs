using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FunctionalTests.Server;
using Grpc.Core;
using Inference.Server.Options;
using Inference.Server.Security.Jwt;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>Tokens of a real identity provider, and everything that somebody might send instead.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task Token_OfTheProvider_HasTheRolesOfItsClaim()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        provider.AddEcdsa("e1");
        await using RunningServer server = await StartAsync(provider);

        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign()));
        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign(algorithm: "PS256")));
        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign("e1", "ES256", roles: "openid serve")));
        Assert.Equal(StatusCode.PermissionDenied, await ServeAsync(server, provider.Sign(roles: new[] { "events", "somebody" })));
        Assert.Equal(StatusCode.OK, await AdministerAsync(server, provider.Sign(roles: new[] { "serve", "admin" })));
        Assert.Equal(StatusCode.PermissionDenied, await AdministerAsync(server, provider.Sign()));
    }

    [Fact]
    public async Task Token_WithNestedAndPrefixedRoles_IsRead()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        await using RunningServer server = await StartAsync(provider, options => (options.Jwt.RolesClaim, options.Jwt.RolePrefix) = ("realm_access.roles", "recsys:"));
        var claims = new Dictionary<string, object> { ["realm_access"] = new Dictionary<string, object> { ["roles"] = new[] { "recsys:serve", "admin" } } };

        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign(more: claims)));
        Assert.Equal(StatusCode.PermissionDenied, await AdministerAsync(server, provider.Sign(more: claims)));
    }

    [Fact]
    public async Task Token_ThatIsForged_IsRefused()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        await using RunningServer server = await StartAsync(provider);
        string good = provider.Sign();
        string[] parts = good.Split('.');
        using RSA other = RSA.Create(2048);
        using RSA known = provider.AddRsa("known");
        string publicKey = known.ExportSubjectPublicKeyInfoPem();
        (string What, string Token)[] forged =
        [
            ("no algorithm", $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}."),
            ("no algorithm, in other letters", $"{Encode("""{"alg":"nOnE","kid":"r1"}""")}.{parts[1]}.{parts[2]}"),
            ("HS256 with the public key", Hmac("""{"alg":"HS256","kid":"known"}""", parts[1], Encoding.UTF8.GetBytes(publicKey))),
            ("HS256 with the public key's bytes", Hmac("""{"alg":"HS256","kid":"known"}""", parts[1], known.ExportSubjectPublicKeyInfo())),
            ("HS256 with the shared secret of the set", Hmac("""{"alg":"HS256","kid":"shared"}""", parts[1], Encoding.UTF8.GetBytes("a shared secret that is long enough for HS256"))),
            ("other payload", $"{parts[0]}.{Encode($$"""{"iss":"{{KeySetServer.Issuer}}","aud":"{{KeySetServer.Audience}}","sub":"mallory","roles":["admin"],"exp":4102444800}""")}.{parts[2]}"),
            ("other key under a known id", Rsa(other, """{"alg":"RS256","kid":"r1"}""", parts[1])),
            ("a key of its own in the header", Rsa(other, $$$"""{"alg":"RS256","jwk":{"kty":"RSA","n":"{{{Base64UrlEncoder.Encode(other.ExportParameters(false).Modulus)}}}","e":"AQAB"}}""", parts[1])),
            ("an algorithm that is not allowed", provider.Sign(algorithm: "RS512")),
            ("what is called critical", Rsa(known, """{"alg":"RS256","kid":"known","crit":["exp"]}""", parts[1])),
            ("expired", provider.Sign(expires: TimeSpan.FromMinutes(-2))),
            ("not yet good", provider.Sign(notBefore: TimeSpan.FromMinutes(2))),
            ("another issuer", provider.Sign(issuer: "https://evil.test/")),
            ("another audience", provider.Sign(audience: "others")),
            ("nobody", provider.Sign(subject: "")),
            ("no signature", $"{parts[0]}.{parts[1]}."),
            ("cut off", good[..^4]),
            ("too large", provider.Sign(more: new() { ["x"] = new string('x', 9000) })),
            ("no token", "a.b.c"),
            ("dots", new string('.', 2)),
            ("no JSON", $"{Encode("[")}.{Encode("{")}.{parts[2]}"),
            ("deep", $"{parts[0]}.{Encode(new string('[', 3000))}.{parts[2]}"),
        ];

        Assert.Equal(StatusCode.OK, await ServeAsync(server, good));
        foreach ((string what, string token) in forged)
        {
            CallFailure failure = await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new RecommendRequest(), With(token)));
            Assert.True((failure.Code, failure.Message) == (StatusCode.Unauthenticated, "The credentials are not accepted."), $"{what}: {failure.Code} {failure.Message}");
        }
    }

    [Fact]
    public async Task Key_ThatComesLater_IsFetchedOnce()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        await using RunningServer server = await StartAsync(provider);
        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign()));
        ServedKeys keys = server.Host.Services.GetRequiredService<ServedKeys>();
        int before = provider.Fetches;
        provider.AddRsa("r2");
        await WaitAsync(async () => await ServeAsync(server, provider.Sign("r2")) == StatusCode.OK);

        Assert.Equal(before + 1, provider.Fetches);
        Assert.Contains(keys.Current!.All, key => key.KeyId == "r2");
    }

    [Fact]
    public async Task Keys_ThatNobodyHas_AreNotAskedForAgainAndAgain()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        await using RunningServer server = await StartAsync(provider, options => options.Jwt.RefetchInterval = TimeSpan.FromHours(1));
        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign()));
        int before = provider.Fetches;
        using RSA other = RSA.Create(2048);
        string payload = provider.Sign().Split('.')[1];

        StatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ServeAsync(server, Rsa(other, $$"""{"alg":"RS256","kid":"storm{{i}}"}""", payload))));

        Assert.All(answers, answer => Assert.Equal(StatusCode.Unauthenticated, answer));
        Assert.Equal(before, provider.Fetches);
    }

    [Fact]
    public async Task Provider_ThatIsDown_LeavesTheKeysOfBefore()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        await using RunningServer server = await StartAsync(provider);
        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign()));
        provider.IsDown = true;
        ServedKeys keys = server.Host.Services.GetRequiredService<ServedKeys>();
        SigningKeys before = keys.Current!;
        await WaitAsync(() => keys.RefetchAsync().AsTask());

        Assert.Same(before, keys.Current);
        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign(subject: "bob")));
    }

    [Fact]
    public async Task Provider_ThatNeverAnswers_HoldsNoCallForLong()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        var forever = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        provider.Held = forever.Task;
        string token = provider.Sign();
        await using RunningServer server = await StartAsync(provider, options => options.Jwt.FetchTimeout = TimeSpan.FromMilliseconds(200));

        CallFailure failure = await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new RecommendRequest(), With(token)));

        Assert.Equal((StatusCode.Unavailable, "KEYS_UNAVAILABLE"), (failure.Code, failure.Reason));
        forever.SetResult();
        await WaitAsync(async () => await ServeAsync(server, token) == StatusCode.OK);
    }

    [Fact]
    public async Task Key_ThatIsWithdrawn_TakesItsTokensAlong()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        await using RunningServer server = await StartAsync(provider);
        string token = provider.Sign();
        Assert.Equal(StatusCode.OK, await ServeAsync(server, token));
        provider.AddRsa("r2");
        provider.Remove("r1");
        ServedKeys keys = server.Host.Services.GetRequiredService<ServedKeys>();
        await WaitAsync(async () => await keys.RefetchAsync() && keys.Current!.Find("r2").Count > 0);

        Assert.Equal(StatusCode.Unauthenticated, await ServeAsync(server, token));
    }

    [Fact]
    public async Task Keys_OfAFile_AreRead()
    {
        await using KeySetServer provider = await KeySetServer.StartAsync();
        string file = Path.Combine(Path.GetTempPath(), $"keys-{Guid.NewGuid():N}.json");
        using (var http = new HttpClient())
            await File.WriteAllTextAsync(file, await http.GetStringAsync(provider.Url));
        await using RunningServer server = await StartAsync(provider, options => options.Jwt.Keys = file);

        Assert.Equal(StatusCode.OK, await ServeAsync(server, provider.Sign()));
        File.Delete(file);
    }

    [Fact]
    public async Task Keys_OverTls_ComeFromWhomTheAuthoritiesVouchFor()
    {
        using var authority = new TestAuthority();
        using var strangers = new TestAuthority("Strangers");
        (string certificate, string key) = authority.IssueServer();
        using X509Certificate2 pair = X509Certificate2.CreateFromPem(certificate, key);
        await using KeySetServer provider = await KeySetServer.StartAsync(pair);
        string folder = Directory.CreateTempSubdirectory("keys-").FullName, known = Path.Combine(folder, "known.pem"), unknown = Path.Combine(folder, "unknown.pem");
        await File.WriteAllTextAsync(known, authority.Pem);
        await File.WriteAllTextAsync(unknown, strangers.Pem);
        await using RunningServer trusting = await StartAsync(provider, options => options.Jwt.KeysAuthorities = known);
        await using RunningServer distrusting = await StartAsync(provider, options => options.Jwt.KeysAuthorities = unknown);

        Assert.StartsWith("https://", provider.Url, StringComparison.Ordinal);
        Assert.Equal(StatusCode.OK, await ServeAsync(trusting, provider.Sign()));
        Assert.Equal(StatusCode.Unavailable, await ServeAsync(distrusting, provider.Sign()));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<RunningServer> StartAsync(KeySetServer provider, Action<InferenceOptions>? configure = null) => await RunningServer.StartAsync(options =>
    {
        (options.Jwt.Keys, options.Jwt.Issuer, options.Jwt.Audience) = (provider.Url, KeySetServer.Issuer, KeySetServer.Audience);
        options.Jwt.RefetchInterval = TimeSpan.FromSeconds(1);
        options.Jwt.FetchTimeout = TimeSpan.FromSeconds(10);
        configure?.Invoke(options);
    });

    private static Metadata With(string token) => new() { { "authorization", $"Bearer {token}" } };

    private static Task<StatusCode> ServeAsync(RunningServer server, string token) => CodeAsync(server.Recommendations.RecommendAsync(new RecommendRequest(), With(token)));

    private static Task<StatusCode> AdministerAsync(RunningServer server, string token) => CodeAsync(new ModelService.ModelServiceClient(server.Channel).StatusAsync(new StatusRequest(), With(token)));

    private static async Task<StatusCode> CodeAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private static string Encode(string text) => Base64UrlEncoder.Encode(text);

    private static string Hmac(string header, string payload, byte[] key) =>
        $"{Encode(header)}.{payload}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Encode(header)}.{payload}")))}";

    private static string Rsa(RSA key, string header, string payload) =>
        $"{Encode(header)}.{payload}.{Base64UrlEncoder.Encode(key.SignData(Encoding.UTF8.GetBytes($"{Encode(header)}.{payload}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
            await Task.Delay(50, patience.Token);
    }
}
