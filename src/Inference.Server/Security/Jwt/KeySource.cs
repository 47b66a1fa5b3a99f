using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Inference.Server.Options;

namespace Inference.Server.Security.Jwt;

/// <summary>Reads the text of the key set, from a URL or a file.</summary>
internal sealed class KeySource : IDisposable
{
    /// <summary>Most bytes of a set.</summary>
    private const int MostBytes = 1 << 20;

    private readonly string _where;
    private readonly HttpClient? _http;

    public KeySource(JwtOptions options)
    {
        _where = options.Keys;
        if (!Uri.TryCreate(_where, UriKind.Absolute, out Uri? uri) || uri.IsFile)
        {
            _where = uri?.LocalPath ?? _where;
            return;
        }

        // A redirect could lead anywhere, without TLS too.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = options.FetchTimeout };
        if (options.KeysAuthorities.Length > 0)
            handler.SslOptions = Trusting(options.KeysAuthorities);
        _http = new HttpClient(handler) { MaxResponseContentBufferSize = MostBytes, Timeout = options.FetchTimeout };
    }

    /// <summary>The text; null, with the reason, where there is none.</summary>
    public async Task<(string? Text, string Problem)> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_http is not null)
                return (await _http.GetStringAsync(_where, cancellationToken), "");
            return new FileInfo(_where).Length > MostBytes ? (null, $"It has more than {MostBytes} bytes.") : (await File.ReadAllTextAsync(_where, cancellationToken), "");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return (null, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "It took too long.");
        }
    }

    public void Dispose() => _http?.Dispose();

    /// <summary>The system's authorities, and those of a file.</summary>
    private static SslClientAuthenticationOptions Trusting(string path)
    {
        var more = new X509Certificate2Collection();
        more.ImportFromPemFile(path);
        return new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null || chain is null)
                    return errors == SslPolicyErrors.None;
                using var ours = new X509Chain();
                ours.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                ours.ChainPolicy.CustomTrustStore.AddRange(more);
                ours.ChainPolicy.ExtraStore.AddRange(chain.ChainElements.Select(element => element.Certificate).ToArray());
                ours.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                using var shown = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                return ours.Build(shown);
            },
        };
    }
}
