using System.Collections.Concurrent;
using Inference.Server.Entry;

namespace Inference.Server.Admission.Quotas;

/// <summary>
/// What clients have used of their quotas. A client is whoever has a name; those without one are told apart by the address of their connection, because all that is known of them is where they are: many connections
/// of one machine are one client, and so are all callers behind one proxy.
/// </summary>
internal sealed class ClientQuotas(AdmissionOptions options, TimeProvider time)
{
    /// <summary>Clients that are remembered; beyond them those that have used nothing lately are forgotten, and where there are none, newcomers share one quota.</summary>
    private const int MostClients = 10_000;

    private static readonly object Unknown = new();

    private readonly ConcurrentDictionary<object, ClientUse> _uses = new();
    private readonly QuotaOptions? _default = options.DefaultQuota();
    private readonly ClientUse? _others = options.DefaultQuota() is { } quota ? new ClientUse(quota, time.TimestampFrequency) : null;

    /// <summary>Who makes a request, as a key: equal for the same client.</summary>
    public static object KeyOf(Caller caller, HttpContext http) =>
        caller != Caller.Anybody ? caller.Name : http.Connection.RemoteIpAddress ?? Unknown;

    /// <summary>What a client has used; null where it has no quota.</summary>
    public ClientUse? Of(Caller caller, object key)
    {
        if ((caller.Quota ?? _default) is not { } quota)
            return null;
        if (_uses.TryGetValue(key, out ClientUse? use) && ReferenceEquals(use.Quota, quota))
            return use;
        if (_uses.Count >= MostClients && caller.Quota is null && !Forget())
            return _others;
        // A new configuration begins anew; calls in flight leave what they entered.
        var made = new ClientUse(quota, time.TimestampFrequency);
        return _uses.AddOrUpdate(key, static (_, made) => made, static (_, there, made) => ReferenceEquals(there.Quota, made.Quota) ? there : made, made);
    }

    private bool Forget()
    {
        long now = time.GetTimestamp();
        int before = _uses.Count;
        foreach ((object key, ClientUse use) in _uses)
        {
            if (use.IsIdle(now))
                _uses.TryRemove(new KeyValuePair<object, ClientUse>(key, use));
        }

        return _uses.Count < before;
    }
}
