using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Inference.Server.Options;

namespace Inference.Server.Security.Tls;

/// <summary>What handshakes need, read from files at one moment. Immutable; what a former one holds is left to the collector, for connections still use it.</summary>
/// <param name="Context">The certificate with its key and the authorities between it and a root.</param>
/// <param name="ClientAuthorities">Who vouches for clients; empty where no client shows a certificate.</param>
/// <param name="Fingerprint">SHA-256 over the files.</param>
internal sealed record ServerCertificate(SslStreamCertificateContext Context, X509Certificate2Collection ClientAuthorities, string Fingerprint)
{
    /// <summary>What is wrong with the files; empty where nothing is.</summary>
    public static IEnumerable<string> Check(TlsOptions options)
    {
        if (CertificateFiles.TryRead(options, out string problem) is not { } files || TryLoad(options, files, out problem) is null)
            yield return problem;
    }

    /// <summary>Makes it from what was read; null, with the reason, where the files do not go together.</summary>
    public static ServerCertificate? TryLoad(TlsOptions options, CertificateFiles files, out string problem)
    {
        problem = "";
        string what = $"the certificate '{options.Certificate}'";
        try
        {
            (X509Certificate2 own, X509Certificate2Collection between) = files.IsPfx ? LoadPfx(files) : LoadPem(files);
            if (!own.HasPrivateKey)
            {
                problem = $"{what} has no private key beside it";
                return null;
            }

            what = $"the authorities '{options.ClientAuthorities}'";
            var authorities = new X509Certificate2Collection();
            if (files.ClientAuthorities is { } pem)
                authorities.ImportFromPem(pem);
            if (files.ClientAuthorities is not null && authorities.Count == 0)
            {
                problem = $"{what} hold no certificate";
                return null;
            }

            return new ServerCertificate(SslStreamCertificateContext.Create(own, between, offline: true), authorities, files.Fingerprint);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The framework's sentence may be about any of the files; it never repeats what is in them.
            problem = $"{what} cannot be used{(options.Key.Length > 0 ? $" with the key '{options.Key}'" : "")}: {e.Message.TrimEnd('.')}";
            return null;
        }
    }

    private static (X509Certificate2 Own, X509Certificate2Collection Between) LoadPem(CertificateFiles files)
    {
        string pem = Encoding.UTF8.GetString(files.Certificate);
        string key = files.Key is null ? pem : Encoding.UTF8.GetString(files.Key);
        X509Certificate2 own = files.Password is null ? X509Certificate2.CreateFromPem(pem, key) : X509Certificate2.CreateFromEncryptedPem(pem, key, files.Password);
        var between = new X509Certificate2Collection();
        between.ImportFromPem(pem);
        between.RemoveAt(0);
        return (own, between);
    }

    private static (X509Certificate2 Own, X509Certificate2Collection Between) LoadPfx(CertificateFiles files)
    {
        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12Collection(files.Certificate, files.Password);
        X509Certificate2 own = all.FirstOrDefault(one => one.HasPrivateKey) ?? throw new CryptographicException("it holds no private key");
        return (own, [.. all.Where(one => one != own)]);
    }
}
