using Inference.Server.Admission;

namespace Inference.Server.Entry;

/// <summary>Who calls, as far as the server knows; a feature of the request once it is let in. The same object for all calls of one client, as long as the client stays as it is.</summary>
/// <param name="name">Name for logs, quotas and audit; of a closed set only where it comes from the configuration, so never an attribute of metrics.</param>
/// <param name="roles">What the caller may do.</param>
internal sealed class Caller(string name, Roles roles)
{
    /// <summary>Somebody of whom nothing is known and who may do everything: where nobody is authenticated.</summary>
    public static Caller Anybody { get; } = new("anybody", Roles.All);

    public string Name { get; } = name;

    public Roles Roles { get; } = roles;

    /// <summary>How it is known who calls: "key:ID", "certificate:SUBJECT", "token"; "" where nothing was shown. Never a secret.</summary>
    public string Credential { get; init; } = "";

    /// <summary>How much the caller may ask for; null where only the server's own bounds count.</summary>
    public QuotaOptions? Quota { get; init; }

    /// <summary>Whether the caller may call methods that need a role.</summary>
    public bool May(Roles role) => (Roles & role) == role;

    /// <summary>Who makes a request.</summary>
    public static Caller Of(HttpContext http) => http.Features.Get<Caller>() ?? Anybody;
}
