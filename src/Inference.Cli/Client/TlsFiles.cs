using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Inference.Cli.Frame;

namespace Inference.Cli.Client;

/// <summary>Whom a client trusts, and who it is (mTLS), from PEM files.</summary>
internal sealed class TlsFiles
{
    private readonly X509Certificate2Collection? _trusted;
    private readonly X509Certificate2? _own;

    /// <param name="authority">Certificates of the authorities to trust; null for those of the system.</param>
    /// <param name="certificate">The client's certificate; null for none.</param>
    /// <param name="key">Its private key, where it is not in the same file.</param>
    /// <exception cref="CommandFailedException">A file cannot be read, or is not what it should be.</exception>
    public TlsFiles(string? authority, string? certificate, string? key)
    {
        try
        {
            if (authority is not null)
            {
                _trusted = [];
                _trusted.ImportFromPemFile(authority);
            }

            if (certificate is not null)
                _own = X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailedException($"the certificates cannot be read: {e.Message}", e);
        }
    }

    public static Option<string?> AuthorityOption() => new("--ca") { Description = "PEM file of the authorities to trust, over https; the system's otherwise", HelpName = "FILE" };

    public static Option<string?> CertificateOption() => new("--cert") { Description = "PEM file of the client's own certificate, where the server wants one", HelpName = "FILE" };

    public static Option<string?> KeyOption() => new("--key") { Description = "PEM file of its private key, where that is not in the same file", HelpName = "FILE" };

    public SslClientAuthenticationOptions ToOptions()
    {
        var options = new SslClientAuthenticationOptions();
        if (_own is not null)
            options.ClientCertificates = [_own];
        if (_trusted is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(_trusted);
        }

        return options;
    }
}
