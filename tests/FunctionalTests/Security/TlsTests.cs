using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using FunctionalTests.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Inference.Server.Options;
using Inference.Server.Security.Tls;
using Microsoft.Extensions.DependencyInjection;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>TLS with certificates of an authority made here, and clients that trust nobody else.</summary>
[SuppressMessage("Security", "CA5359", Justification = "What is asked of the handshake is its version and protocol.")]
[SuppressMessage("Security", "CA5397", Justification = "An old version is what must be refused.")]
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tls-").FullName;
    private readonly TestAuthority _authority = new();

    private string Certificate => Path.Combine(_folder, "tls.crt");

    private string Key => Path.Combine(_folder, "tls.key");

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Call_OverTls_IsAnsweredOnAllAddresses()
    {
        await using RunningServer server = await StartAsync();
        using GrpcChannel channel = _authority.ChannelTo(server.Host.GrpcAddress);
        using HttpClient http = _authority.ClientOf(server.Host.HttpAddress);

        Assert.StartsWith("https://", server.Host.GrpcAddress, StringComparison.Ordinal);
        Assert.Equal(10, (await Client(channel).RecommendAsync(new RecommendRequest())).Items.Count);
        Assert.Equal("ready\n", await http.GetStringAsync("/readyz"));
    }

    [Fact]
    public async Task Call_WithoutTls_IsNotAnswered()
    {
        await using RunningServer server = await StartAsync();
        using GrpcChannel plain = GrpcChannel.ForAddress(server.Host.GrpcAddress.Replace("https", "http", StringComparison.Ordinal));

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await Client(plain).RecommendAsync(new RecommendRequest(), deadline: Deadline()))).StatusCode);
    }

    [Fact]
    [SuppressMessage("Security", "CA5398", Justification = "Versions are what is tested.")]
    public async Task Handshake_OffersHttp2AndNothingOlderThanTls12()
    {
        await using RunningServer server = await StartAsync();

        Assert.Equal((SslApplicationProtocol.Http2, true), await ShakeAsync(server.Host.GrpcAddress, SslProtocols.Tls12));
        Assert.Equal((SslApplicationProtocol.Http2, true), await ShakeAsync(server.Host.GrpcAddress, SslProtocols.Tls13));
        Assert.Equal((SslApplicationProtocol.Http11, true), await ShakeAsync(server.Host.HttpAddress, SslProtocols.None));
#pragma warning disable SYSLIB0039 // Likewise.
        await Assert.ThrowsAnyAsync<Exception>(() => ShakeAsync(server.Host.GrpcAddress, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039
    }

    [Fact]
    public async Task Certificate_ThatChangesUnderLoad_FailsNoCall()
    {
        await using RunningServer server = await StartAsync();
        ServedCertificate served = server.Host.Services.GetRequiredService<ServedCertificate>();
        using GrpcChannel old = _authority.ChannelTo(server.Host.GrpcAddress);
        await Client(old).RecommendAsync(new RecommendRequest());
        using var stop = new CancellationTokenSource();
        int answered = 0;
        Task[] load =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    // Every other call has a connection of its own, so handshakes happen all the time.
                    using GrpcChannel fresh = _authority.ChannelTo(server.Host.GrpcAddress);
                    Assert.Equal(10, (await Client(fresh).RecommendAsync(new RecommendRequest())).Items.Count);
                    Assert.Equal(10, (await Client(old).RecommendAsync(new RecommendRequest())).Items.Count);
                    Interlocked.Increment(ref answered);
                }
            })),
        ];
        for (int i = 0; i < 5; i++)
        {
            int before = Volatile.Read(ref answered);
            Write(_authority.IssueServer($"CN=localhost, OU={i}"));
            Assert.True(served.Look());
            await WaitAsync(() => Volatile.Read(ref answered) >= before + 4 || load.Any(task => task.IsFaulted));
            Assert.Contains($"OU={i}", await SubjectAsync(server), StringComparison.Ordinal);
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
    }

    [Fact]
    public async Task Certificate_ThatIsBroken_LeavesTheFormerOne()
    {
        await using RunningServer server = await StartAsync();
        ServedCertificate served = server.Host.Services.GetRequiredService<ServedCertificate>();
        string before = await SubjectAsync(server);
        (string Certificate, string Key) other = _authority.IssueServer("CN=localhost, OU=other");

        await File.WriteAllTextAsync(Certificate, other.Certificate);
        Assert.False(served.Look());
        await File.WriteAllTextAsync(Key, "-----BEGIN PRIVATE KEY-----\n");
        Assert.False(served.Look());
        File.Delete(Key);
        Assert.False(served.Look());

        Assert.Equal(before, await SubjectAsync(server));
        Assert.Matches("recsys_tls_reloads_total\\{[^}]*recsys_outcome=\"failed\"[^}]*\\} [0-9]", await MetricsAsync(server));
        await File.WriteAllTextAsync(Key, other.Key);
        Assert.True(served.Look());
        Assert.Contains("OU=other", await SubjectAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_BehindTheLinksOfASecret_IsTakenWhenTheyTurn()
    {
        string one = Publish("..one", _authority.IssueServer("CN=localhost, OU=one")), two = Publish("..two", _authority.IssueServer("CN=localhost, OU=two", rsa: true));
        File.CreateSymbolicLink(Path.Combine(_folder, "..data"), one);
        File.CreateSymbolicLink(Certificate, "..data/tls.crt");
        File.CreateSymbolicLink(Key, "..data/tls.key");
        await using RunningServer server = await StartAsync(options => options.Tls.ReloadInterval = TimeSpan.FromMilliseconds(20), write: false);
        Assert.Contains("OU=one", await SubjectAsync(server), StringComparison.Ordinal);

        string turning = Path.Combine(_folder, "..turning");
        File.CreateSymbolicLink(turning, two);
        // As the kubelet does it; .NET's own move will not replace a link to a folder.
        using (Process move = Process.Start("mv", ["-T", turning, Path.Combine(_folder, "..data")]))
            await move.WaitForExitAsync();

        ServedCertificate served = server.Host.Services.GetRequiredService<ServedCertificate>();
        await WaitAsync(() => served.Subject.Contains("OU=two", StringComparison.Ordinal));
        Assert.Contains("OU=two", await SubjectAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pfx_WithItsPassword_IsServed()
    {
        (string certificate, string key) = _authority.IssueServer("CN=localhost, OU=pfx");
        using X509Certificate2 pair = X509Certificate2.CreateFromPem(certificate, key);
        string pfx = Path.Combine(_folder, "server.pfx"), password = Path.Combine(_folder, "password");
        await File.WriteAllBytesAsync(pfx, pair.Export(X509ContentType.Pfx, "secret"));
        await File.WriteAllTextAsync(password, "secret\n");
        await using RunningServer server = await StartAsync(options => (options.Tls.Certificate, options.Tls.Key, options.Tls.PasswordFile) = (pfx, "", password), write: false);

        Assert.Contains("OU=pfx", await SubjectAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithoutACertificateThatIsRequired_IsTurnedAway()
    {
        using var strangers = new TestAuthority("Strangers");
        await using RunningServer server = await StartAsync(options => options.Tls.Grpc = ListenerTls.Required);
        using X509Certificate2 known = _authority.IssueClient("CN=web"), stranger = strangers.IssueClient("CN=web"), ofServers = _authority.IssueClient("CN=web", forServers: true);

        using (GrpcChannel channel = _authority.ChannelTo(server.Host.GrpcAddress, known))
            Assert.Equal(10, (await Client(channel).RecommendAsync(new RecommendRequest())).Items.Count);
        foreach (X509Certificate2? bad in new[] { null, stranger, ofServers })
        {
            using GrpcChannel channel = _authority.ChannelTo(server.Host.GrpcAddress, bad);
            await Assert.ThrowsAsync<RpcException>(async () => await Client(channel).RecommendAsync(new RecommendRequest(), deadline: Deadline()));
        }
    }

    [Fact]
    public async Task Client_WithACertificate_HasTheRolesOfItsNames()
    {
        string clients = Path.Combine(_folder, "clients.json");
        await File.WriteAllTextAsync(clients, ClientsText.Of(
            ClientsText.Certified("web", "subject:CN=web", "serve"), ClientsText.Certified("operator", "uri:spiffe://shop/operator", "serve", "admin")));
        await using RunningServer server = await StartAsync(options =>
        {
            options.Tls.Grpc = ListenerTls.Optional;
            options.Security.ClientsFile = clients;
        });

        Assert.Equal((StatusCode.OK, StatusCode.PermissionDenied), await AskAsync("CN=web", null));
        Assert.Equal((StatusCode.OK, StatusCode.OK), await AskAsync("CN=whoever", "spiffe://shop/operator"));
        Assert.Equal((StatusCode.PermissionDenied, StatusCode.PermissionDenied), await AskAsync("CN=whoever", "spiffe://shop/web"));
        using GrpcChannel without = _authority.ChannelTo(server.Host.GrpcAddress);
        Assert.Equal(StatusCode.Unauthenticated, await CodeAsync(Client(without).RecommendAsync(new RecommendRequest())));

        async Task<(StatusCode Serve, StatusCode Admin)> AskAsync(string subject, string? uri)
        {
            using X509Certificate2 certificate = _authority.IssueClient(subject, uri);
            using GrpcChannel channel = _authority.ChannelTo(server.Host.GrpcAddress, certificate);
            return (await CodeAsync(Client(channel).RecommendAsync(new RecommendRequest())), await CodeAsync(new ModelService.ModelServiceClient(channel).StatusAsync(new StatusRequest())));
        }
    }

    [Fact]
    public void Options_WithAPairThatDoesNotFit_AreRefusedWithASentence()
    {
        Write((_authority.IssueServer().Certificate, _authority.IssueServer().Key));
        var options = new TlsOptions { Certificate = Certificate, Key = Key, Grpc = ListenerTls.Required };

        string[] problems = [.. options.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(options)).Select(result => result.ErrorMessage!)];

        Assert.Equal(2, problems.Length);
        Assert.Contains("authorities that vouch", problems[0], StringComparison.Ordinal);
        Assert.Contains($"cannot be used with the key '{Key}'", problems[1], StringComparison.Ordinal);
    }

    private async Task<RunningServer> StartAsync(Action<InferenceOptions>? configure = null, bool write = true)
    {
        if (write)
            Write(_authority.IssueServer());
        string authorities = Path.Combine(_folder, "clients.pem");
        await File.WriteAllTextAsync(authorities, _authority.Pem);
        return await RunningServer.StartAsync(options =>
        {
            (options.Tls.Certificate, options.Tls.Key, options.Tls.ClientAuthorities, options.Tls.ReloadInterval) = (Certificate, Key, authorities, TimeSpan.Zero);
            configure?.Invoke(options);
        });
    }

    private void Write((string Certificate, string Key) pair)
    {
        File.WriteAllText(Certificate, pair.Certificate);
        File.WriteAllText(Key, pair.Key);
    }

    private string Publish(string name, (string Certificate, string Key) pair)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "tls.crt"), pair.Certificate);
        File.WriteAllText(Path.Combine(folder, "tls.key"), pair.Key);
        return folder;
    }

    private static RecommendationService.RecommendationServiceClient Client(GrpcChannel channel) => new(channel);

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

    /// <summary>The subject of the certificate that a new connection gets.</summary>
    private async Task<string> SubjectAsync(RunningServer server)
    {
        string subject = "";
        using GrpcChannel channel = _authority.ChannelTo(server.Host.GrpcAddress, null, certificate => subject = certificate.Subject);
        await Client(channel).RecommendAsync(new RecommendRequest());
        return subject;
    }

    private async Task<string> MetricsAsync(RunningServer server)
    {
        using HttpClient http = _authority.ClientOf(server.Host.HttpAddress);
        return await http.GetStringAsync("/metrics");
    }

    private static async Task<(SslApplicationProtocol Protocol, bool IsEncrypted)> ShakeAsync(string address, SslProtocols version)
    {
        var uri = new Uri(address);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(uri.Host, uri.Port);
        await using var stream = new SslStream(tcp.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = version,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        return (stream.NegotiatedApplicationProtocol, stream.IsEncrypted);
    }

    private static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20);

    private static async Task WaitAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
            await Task.Delay(10, patience.Token);
    }
}
