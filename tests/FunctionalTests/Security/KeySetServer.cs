using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FunctionalTests.Security;

/// <summary>An identity provider: it publishes a key set over HTTP and signs tokens.</summary>
internal sealed class KeySetServer : IAsyncDisposable
{
    public const string Issuer = "https://idp.test/", Audience = "recsys";

    private readonly WebApplication _app;
    private readonly Dictionary<string, SecurityKey> _keys = [];
    private int _fetches;

    private KeySetServer(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>How often the set was fetched.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    /// <summary>Whether requests are answered with an error.</summary>
    public bool IsDown { get; set; }

    /// <summary>Whether requests are held until this ends.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    /// <param name="certificate">Its certificate; null for plain HTTP.</param>
    public static async Task<KeySetServer> StartAsync(X509Certificate2? certificate = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener =>
        {
            if (certificate is not null)
                listener.UseHttps(certificate);
        }));
        WebApplication app = builder.Build();
        var server = new KeySetServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/keys.json";
        server.AddRsa("r1");
        return server;
    }

    public RSA AddRsa(string id, int bits = 2048)
    {
        var rsa = RSA.Create(bits);
        lock (_keys)
            _keys[id] = new RsaSecurityKey(rsa) { KeyId = id };
        return rsa;
    }

    public void AddEcdsa(string id)
    {
        lock (_keys)
            _keys[id] = new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = id };
    }

    public void Remove(string id)
    {
        lock (_keys)
            _keys.Remove(id);
    }

    /// <summary>A token; everything about it can be other than it should.</summary>
    public string Sign(string key = "r1", string algorithm = "RS256", string issuer = Issuer, string audience = Audience, TimeSpan? expires = null, TimeSpan? notBefore = null, string subject = "alice", object? roles = null, Dictionary<string, object>? more = null)
    {
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var claims = new Dictionary<string, object>(more ?? []) { ["sub"] = subject, ["roles"] = roles ?? new[] { "serve" } };
        lock (_keys)
        {
            return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
            {
                Issuer = issuer, Audience = audience, Claims = claims, IssuedAt = now, NotBefore = now + (notBefore ?? TimeSpan.FromMinutes(-5)), Expires = now + (expires ?? TimeSpan.FromMinutes(10)),
                SigningCredentials = new SigningCredentials(_keys[key], algorithm),
            });
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _fetches);
        await Held;
        if (IsDown)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        object[] keys;
        lock (_keys)
        {
            // Only the public halves, and beside them a shared secret, which nobody should take for a key that verifies.
            keys =
            [
                .. _keys.Values.Select(Public),
                new { kty = "oct", kid = "shared", k = Base64UrlEncoder.Encode("a shared secret that is long enough for HS256") },
            ];
        }

        await context.Response.WriteAsync(JsonSerializer.Serialize(new { keys }));
    }

    private static object Public(SecurityKey key)
    {
        if (key is RsaSecurityKey rsa)
        {
            RSAParameters parameters = rsa.Rsa.ExportParameters(includePrivateParameters: false);
            return new { kty = "RSA", use = "sig", kid = key.KeyId, n = Base64UrlEncoder.Encode(parameters.Modulus), e = Base64UrlEncoder.Encode(parameters.Exponent) };
        }

        ECParameters curve = ((ECDsaSecurityKey)key).ECDsa.ExportParameters(includePrivateParameters: false);
        return new { kty = "EC", use = "sig", kid = key.KeyId, crv = "P-256", x = Base64UrlEncoder.Encode(curve.Q.X), y = Base64UrlEncoder.Encode(curve.Q.Y) };
    }
}
