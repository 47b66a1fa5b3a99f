using System.Security.Cryptography.X509Certificates;
using FunctionalTests.Server;
using Inference.Protocol.Access;
using Inference.Server.Options;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>The command-line tool at a server that wants to know who it is.</summary>
public sealed class ToolAccessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tool-").FullName;
    private readonly TestAuthority _authority = new();

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Tool_WithAKeyOrACertificate_IsLetIn()
    {
        string key = ApiKey.Create(), authorities = Write("ca.pem", _authority.Pem), clients = Write("clients.json", ClientsText.Of(
            ClientsText.Client("web", key, null, "serve"), ClientsText.Certified("operator", "subject:CN=operator", "admin")));
        (string certificate, string privateKey) = _authority.IssueServer();
        string crt = Write("tls.crt", certificate), pem = Write("tls.key", privateKey);
        using var operatorsOwn = _authority.IssueClient("CN=operator");
        string own = Write("operator.pem", operatorsOwn.ExportCertificatePem() + "\n" + operatorsOwn.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Security.ClientsFile = clients;
            (options.Tls.Certificate, options.Tls.Key, options.Tls.ClientAuthorities, options.Tls.Grpc) = (crt, pem, authorities, ListenerTls.Optional);
        });
        string address = server.Host.GrpcAddress;

        CliRun served = await CliRun.Of("recommend", "--address", address, "--ca", authorities, "--api-key", key, "--recent", "i1");
        CliRun loaded = await CliRun.Of("load", "--address", address, "--ca", authorities, "--api-key", key, "--header", "x-team=a", "--requests", "5", "--rps", "50", "--warmup", "0", "--deadline", "30s", "--max-errors", "0");
        CliRun lacking = await CliRun.Of("models", "list", "--address", address, "--ca", authorities, "--api-key", key);
        CliRun listed = await CliRun.Of("models", "list", "--address", address, "--ca", authorities, "--cert", own);
        CliRun nobody = await CliRun.Of("state", "--address", address, "--ca", authorities);
        CliRun distrusting = await CliRun.Of("recommend", "--address", address, "--api-key", key);
        CliRun two = await CliRun.Of("recommend", "--address", address, "--api-key", key, "--token", "a.b.c");

        Assert.True(served.Code == 0, served.Error);
        Assert.True(loaded.Code == 0, loaded.Error);
        Assert.Equal(1, lacking.Code);
        Assert.Contains("lacks the role 'admin'", lacking.Error, StringComparison.Ordinal);
        Assert.True(listed.Code == 0, listed.Error);
        Assert.Contains("small/1", listed.Output, StringComparison.Ordinal);
        Assert.Contains("--api-key", nobody.Error, StringComparison.Ordinal);
        Assert.Equal(1, distrusting.Code);
        Assert.Contains("takes one", two.Error, StringComparison.Ordinal);
        Assert.All(new[] { served, lacking, distrusting, two }, run => Assert.DoesNotContain(key, run.Output + run.Error, StringComparison.Ordinal));
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
