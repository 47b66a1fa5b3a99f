using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Inference.Server.Options;

namespace Inference.Server.Security.Tls;

/// <summary>
/// The certificate that handshakes get now. The files are polled and compared by their content, so it does not matter how they are replaced: written over, renamed, or behind the links that Kubernetes turns.
/// A pair that cannot be used changes nothing, is told once, and is looked at again when its content changes.
/// </summary>
internal sealed class ServedCertificate : BackgroundService
{
    /// <summary>How long before its end a certificate is complained of, once at every load.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly SecurityMetrics _metrics;
    private readonly ILogger _log;
    private volatile ServerCertificate _current;
    private string _seen;

    /// <param name="options">Whose files have been read once without problems.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Counts reloads.</param>
    /// <param name="log">Where changes are told.</param>
    /// <exception cref="ArgumentException">The files cannot be used after all.</exception>
    public ServedCertificate(TlsOptions options, TimeProvider time, SecurityMetrics metrics, ILogger<ServedCertificate> log)
    {
        (_options, _time, _metrics, _log) = (options, time, metrics, log);
        _current = Load(out string problem, out _seen) ?? throw new ArgumentException(problem);
        metrics.WatchCertificate(() => Expires);
        Warn();
    }

    /// <summary>Whose certificate it is.</summary>
    public string Subject => _current.Context.TargetCertificate.Subject;

    /// <summary>When the certificate expires.</summary>
    public DateTimeOffset Expires => new(_current.Context.TargetCertificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);

    /// <summary>What a handshake on an address needs.</summary>
    /// <param name="tls">What is asked there; not Off.</param>
    /// <param name="protocol">What is spoken there.</param>
    public SslServerAuthenticationOptions OptionsOf(ListenerTls tls, SslApplicationProtocol protocol)
    {
        ServerCertificate current = _current;
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [protocol],
            AllowRenegotiation = false,
        };
        if (tls < ListenerTls.Optional)
            return options;
        options.ClientCertificateRequired = true;
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            ApplicationPolicy = { ClientAuthentication },
            DisableCertificateDownloads = true,
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(current.ClientAuthorities);
        options.RemoteCertificateValidationCallback = tls == ListenerTls.Required
            ? static (_, certificate, _, errors) => certificate is not null && errors == SslPolicyErrors.None
            : static (_, certificate, _, errors) => certificate is null || errors == SslPolicyErrors.None;
        return options;
    }

    /// <summary>Takes in the files if they have changed. Not safe for concurrent use.</summary>
    /// <returns>Whether there is another certificate now.</returns>
    public bool Look()
    {
        string before = _seen;
        ServerCertificate? read = Load(out string problem, out string seen);
        if (seen == before)
            return false;
        _seen = seen;
        if (seen == _current.Fingerprint)
            return false;
        _metrics.Reloaded(read is not null);
        if (read is null)
        {
            Log.CertificateRefused(_log, _options.Certificate, problem);
            return false;
        }

        _current = read;
        Log.CertificateTaken(_log, Subject, Expires);
        Warn();
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.ReloadInterval == TimeSpan.Zero)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(_options.ReloadInterval, _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested)
                Look();
        }
    }

    /// <param name="problem">Why there is none.</param>
    /// <param name="seen">What stands for the state of the files, so that one state is told once.</param>
    private ServerCertificate? Load(out string problem, out string seen)
    {
        CertificateFiles? files = CertificateFiles.TryRead(_options, out problem);
        seen = files?.Fingerprint ?? problem;
        return files is null ? null : ServerCertificate.TryLoad(_options, files, out problem);
    }

    private void Warn()
    {
        if (Expires - _time.GetUtcNow() < Soon)
            Log.CertificateExpires(_log, Subject, Expires);
    }
}
