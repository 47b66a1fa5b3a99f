using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace FunctionalTests.Security;

/// <summary>An authority of its own that issues certificates for servers on this machine and for clients.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2 _root;

    public TestAuthority(string name = "Test Root")
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _root = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(400));
    }

    /// <summary>The authority as PEM.</summary>
    public string Pem => _root.ExportCertificatePem() + "\n";

    /// <summary>A certificate for localhost with its key, as PEM.</summary>
    public (string Certificate, string Key) IssueServer(string subject = "CN=localhost", bool rsa = false) =>
        Issue(subject, ServerUse, names =>
        {
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
        }, rsa);

    /// <summary>A certificate for a client.</summary>
    /// <param name="subject">Its subject.</param>
    /// <param name="uri">A URI among its names; null for none.</param>
    /// <param name="forServers">Whether it is good for servers instead.</param>
    public X509Certificate2 IssueClient(string subject, string? uri = null, bool forServers = false)
    {
        (string certificate, string key) = Issue(subject, forServers ? ServerUse : ClientUse, names =>
        {
            names.AddDnsName("client.internal");
            if (uri is not null)
                names.AddUri(new Uri(uri));
        });
        return X509Certificate2.CreateFromPem(certificate, key);
    }

    /// <summary>A channel that trusts this authority alone, on connections of its own.</summary>
    /// <param name="address">"https://127.0.0.1:port".</param>
    /// <param name="client">The client's certificate; null for none.</param>
    /// <param name="seen">Is told the certificate of every handshake.</param>
    public GrpcChannel ChannelTo(string address, X509Certificate2? client = null, Action<X509Certificate2>? seen = null) =>
        GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = HandlerOf(client, seen), DisposeHttpClient = true });

    public HttpClient ClientOf(string address) => new(HandlerOf(null, null)) { BaseAddress = new Uri(address) };

    public SocketsHttpHandler HandlerOf(X509Certificate2? client, Action<X509Certificate2>? seen)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    var shown = new X509Certificate2(certificate!);
                    seen?.Invoke(shown);
                    using var chain = new X509Chain();
                    chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                    chain.ChainPolicy.CustomTrustStore.Add(_root);
                    chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                    return chain.Build(shown);
                },
            },
        };
        if (client is not null)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => client;
        return handler;
    }

    public void Dispose() => _root.Dispose();

    private (string Certificate, string Key) Issue(string subject, string use, Action<SubjectAlternativeNameBuilder> name, bool rsa = false)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = key is RSA one ? new(subject, one, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        name(names);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.Create(_root.SubjectName, X509SignatureGenerator.CreateForECDsa(_root.GetECDsaPrivateKey()!), now.AddHours(-1), now.AddDays(90), RandomNumberGenerator.GetBytes(12));
        return (certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
