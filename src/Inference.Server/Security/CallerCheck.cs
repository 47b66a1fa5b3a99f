using System.Runtime.CompilerServices;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Options;
using Inference.Server.Security.Jwt;
using Microsoft.Extensions.Primitives;

namespace Inference.Server.Security;

/// <summary>
/// Who calls, and whether they may:
/// <list type="number">
/// <item>a method that needs no role is open; one of operators is not there on an address that does not serve them</item>
/// <item>where nothing is configured everybody may</item>
/// <item>credentials in a header are checked, and are either good or refused; without any, a client certificate says who calls</item>
/// <item>the caller needs the method's role, and goes with the request</item>
/// </list>
/// A key or a known token costs a hash and two look-ups, and allocates nothing.
/// </summary>
internal sealed class CallerCheck
{
    private const string KeyHeader = "x-api-key", Bearer = "Bearer ";

    private readonly ServedClients _clients;
    private readonly TokenCheck? _tokens;
    private readonly TimeProvider _time;
    private readonly SecurityMetrics _metrics;
    private readonly Caller _anonymous;
    private readonly bool _isOpen;

    // Certificates that no client has, so that the same caller stands for all calls of a connection.
    private readonly ConditionalWeakTable<System.Security.Cryptography.X509Certificates.X509Certificate2, Caller> _strangers = [];

    /// <param name="options">Whether anybody is known, and what callers without credentials may.</param>
    /// <param name="clients">Who is known by key or certificate.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Counts refusals.</param>
    /// <param name="tokens">Checks tokens; null where none are taken.</param>
    public CallerCheck(InferenceOptions options, ServedClients clients, TimeProvider time, SecurityMetrics metrics, TokenCheck? tokens = null)
    {
        (_clients, _tokens, _time, _metrics) = (clients, tokens, time, metrics);
        bool isConfigured = options.Security.ClientsFile.Length > 0 || options.Jwt.IsOn;
        Roles roles = options.Security.Anonymous != RoleNames.Auto ? RoleNames.Parse(options.Security.Anonymous) : isConfigured ? Roles.None : Roles.All;
        _anonymous = new Caller("anonymous", roles);
        // Certificates tell who calls even where everybody may, which the audit wants to know.
        _isOpen = !isConfigured && roles == Roles.All && !(options.Tls.IsOn && options.Tls.AsksClients);
    }

    /// <summary>Whether everybody may do everything.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>What callers without credentials may.</summary>
    public Roles Anonymous => _anonymous.Roles;

    /// <summary>Why the call is refused; null where it may go on, with its <see cref="Caller"/> among the features of the request.</summary>
    public ValueTask<Failure?> CheckAsync(HttpContext http, MethodRule rule)
    {
        // :: Step 1
        if (rule.Role == Roles.None)
            return default;
        if (rule.Role == Roles.Admin && http.Features.Get<ServedListener>() is { ServesAdmin: false })
            return Refuse(SecurityFailures.NotServedHere, "not_served_here");
        // :: Step 2
        return _isOpen ? default : CheckAsync(http, rule.Role);
    }

    /// <summary>As <see cref="CheckAsync(HttpContext, MethodRule)"/>, for what is no method.</summary>
    public ValueTask<Failure?> CheckAsync(HttpContext http, Roles role)
    {
        if (_isOpen || role == Roles.None)
            return default;
        // :: Step 3
        switch (CredentialOf(http.Request, out ReadOnlySpan<char> credential))
        {
            case Shown.Nothing:
                return Decide(http, role, OfCertificate(http) ?? _anonymous);
            case Shown.Key:
                return Decide(http, role, _clients.Current.FindByKey(credential, _time.GetUtcNow()));
            case Shown.Token when _tokens is not null:
                ValueTask<TokenVerdict> verdict = _tokens.CheckAsync(credential);
                return verdict.IsCompletedSuccessfully ? Decide(http, role, verdict.Result) : AwaitAsync(http, role, verdict);
            default:
                return Refuse(SecurityFailures.Invalid, "invalid");
        }
    }

    private async ValueTask<Failure?> AwaitAsync(HttpContext http, Roles role, ValueTask<TokenVerdict> verdict) => await Decide(http, role, await verdict);

    private ValueTask<Failure?> Decide(HttpContext http, Roles role, TokenVerdict verdict) =>
        verdict.CannotTell ? Refuse(SecurityFailures.KeysUnavailable, "keys_unavailable") : Decide(http, role, verdict.Caller);

    private ValueTask<Failure?> Decide(HttpContext http, Roles role, Caller? caller)
    {
        if (caller is null)
            return Refuse(SecurityFailures.Invalid, "invalid");
        // :: Step 4
        http.Features.Set(caller);
        if (caller.May(role))
            return default;
        return caller == _anonymous ? Refuse(SecurityFailures.Missing, "missing") : Refuse(SecurityFailures.Lacks(role), "role");
    }

    private Caller? OfCertificate(HttpContext http)
    {
        if (http.Connection.ClientCertificate is not { } certificate)
            return null;
        ClientSet clients = _clients.Current;
        foreach (string name in CertificateNames.Of(certificate))
        {
            if (clients.TryFindByCertificate(name, out Caller? caller))
                return caller;
        }

        return _strangers.GetValue(certificate, one => new Caller(one.Subject, _anonymous.Roles) { Credential = $"certificate:{one.Subject}" });
    }

    /// <summary>The one credential of a request. Two of them are none: whoever checks before us may have looked at the other.</summary>
    private static Shown CredentialOf(HttpRequest request, out ReadOnlySpan<char> credential)
    {
        StringValues key = request.Headers[KeyHeader], authorization = request.Headers.Authorization;
        credential = default;
        if (key.Count + authorization.Count == 0)
            return Shown.Nothing;
        if (key.Count + authorization.Count > 1)
            return Shown.Nonsense;
        if (key.Count == 1)
        {
            credential = key[0];
            return Shown.Key;
        }

        string text = authorization[0] ?? "";
        if (!text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return Shown.Nonsense;
        // Keys and tokens are told apart by what keys begin with.
        credential = text.AsSpan(Bearer.Length);
        return credential.StartsWith(Protocol.Access.ApiKey.Prefix, StringComparison.Ordinal) ? Shown.Key : Shown.Token;
    }

    private ValueTask<Failure?> Refuse(Failure failure, string reason)
    {
        _metrics.Refused(reason);
        return ValueTask.FromResult<Failure?>(failure);
    }

    private enum Shown
    {
        Nothing,
        Key,
        Token,
        Nonsense,
    }
}
