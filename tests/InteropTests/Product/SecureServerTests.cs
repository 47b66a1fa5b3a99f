using System.Security.Cryptography.X509Certificates;
using FunctionalTests.Security;
using FunctionalTests.Server;
using Inference.Protocol.Access;
using Inference.Server.Options;
using InteropTests.Foreign;
using UnitTests.Testing;
using Xunit;

namespace InteropTests.Product;

/// <summary>A foreign client over TLS, with API keys and certificates.</summary>
public sealed class SecureServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("secure-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task GrpcIo_OverTls_IsLetInByKeyAndCertificate()
    {
        ForeignRuntime.GrpcIo.Require();
        using var authority = new TestAuthority();
        using var strangers = new TestAuthority("Strangers");
        using X509Certificate2 own = authority.IssueClient("CN=operator", "spiffe://shop/operator");
        var (certificate, key) = authority.IssueServer();
        var apiKey = ApiKey.Create();
        var authorities = Write("ca.pem", authority.Pem);
        var clients = Write("clients.json", ClientsText.Of(ClientsText.Client("web", apiKey, null, "serve"), ClientsText.Certified("operator", "uri:spiffe://shop/operator", "admin")));
        var (crt, pem) = (Write("tls.crt", certificate), Write("tls.key", key));
        await using var server = await RunningServer.StartAsync(options =>
        {
            (options.Tls.Certificate, options.Tls.Key, options.Tls.ClientAuthorities, options.Tls.Grpc) = (crt, pem, authorities, ListenerTls.Optional);
            options.Security.ClientsFile = clients;
        });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var client = ForeignProcess.Start(
            ForeignRuntime.GrpcIo.Program,
            Repository.PathOf("tests/InteropTests/python/secure.py"),
            "--address", $"localhost:{new Uri(server.Host.GrpcAddress).Port}",
            "--authorities", authorities,
            "--api-key", apiKey,
            "--certificate", Write("own.pem", own.ExportCertificatePem()),
            "--private-key", Write("own.key", own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()),
            "--strangers", Write("strangers.pem", strangers.Pem));
        var lines = new List<string>();
        while (await client.TryReadLineAsync(limit.Token) is { } line)
        {
            lines.Add(line);
        }

        Assert.True(lines.Count > 0, client.Errors);
        Assert.Equal(
            ["key OK", "bearer OK", "none UNAUTHENTICATED", "bad UNAUTHENTICATED", "role PERMISSION_DENIED", "certificate OK", "distrust UNAVAILABLE"],
            lines);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
