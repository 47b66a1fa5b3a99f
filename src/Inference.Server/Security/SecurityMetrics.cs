using System.Diagnostics.Metrics;
using Inference.Server.Telemetry;

namespace Inference.Server.Security;

/// <summary>What is counted of credentials, certificates, keys and the audit.</summary>
internal sealed class SecurityMetrics
{
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _reloads;
    private readonly Counter<long> _fetches;
    private readonly Counter<long> _gaps;
    private Func<DateTimeOffset?> _expiry = static () => null;

    public SecurityMetrics(IMeterFactory meters, TimeProvider time)
    {
        Meter meter = meters.Create(ServerMetrics.MeterName);
        _refusals = meter.CreateCounter<long>("recsys.auth.refusals", "{call}", "Calls that were refused because of who made them.");
        _fetches = meter.CreateCounter<long>("recsys.auth.key.fetches", "{fetch}", "Fetches of the keys that sign tokens, by outcome.");
        _reloads = meter.CreateCounter<long>("recsys.tls.reloads", "{reload}", "Changes of the certificate's files, by outcome.");
        _gaps = meter.CreateCounter<long>("recsys.audit.lost", "{record}", "Records that could not be written to the audit file.");
        meter.CreateObservableGauge(
            "recsys.tls.certificate.expiry",
            () => _expiry() is { } expiry ? [new Measurement<double>((expiry - time.GetUtcNow()).TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s",
            "Time until the certificate that new connections get expires; negative once it has.");
    }

    /// <param name="expiry">Tells when the certificate expires; null without one.</param>
    public void WatchCertificate(Func<DateTimeOffset?> expiry) => _expiry = expiry;

    /// <param name="reason">missing, invalid, role, not_served_here, keys_unavailable or audit_unavailable.</param>
    public void Refused(string reason) => _refusals.Add(1, new KeyValuePair<string, object?>("recsys.reason", reason));

    public void Reloaded(bool isOk) => _reloads.Add(1, Outcome(isOk));

    public void Fetched(bool isOk) => _fetches.Add(1, Outcome(isOk));

    public void AuditLost() => _gaps.Add(1);

    private static KeyValuePair<string, object?> Outcome(bool isOk) => new("recsys.outcome", isOk ? "ok" : "failed");
}
