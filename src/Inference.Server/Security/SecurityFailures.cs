using System.Collections.Frozen;
using Grpc.Core;
using Inference.Server.Entry;
using Inference.Server.Failures;

namespace Inference.Server.Security;

/// <summary>
/// Why a caller is not let in. What was wrong with credentials is told to nobody: whoever tries them out would learn from it.
/// <code>
///  what                                             code                 reason
///  no credentials where some are needed             UNAUTHENTICATED      CREDENTIALS_MISSING
///  credentials that are not good, for any reason    UNAUTHENTICATED      CREDENTIALS_INVALID
///  a caller without the role of the method          PERMISSION_DENIED    ROLE_MISSING           names the role
///  a service of operators on a public address       UNIMPLEMENTED        NOT_SERVED_HERE
///  tokens cannot be checked: no keys yet            UNAVAILABLE          KEYS_UNAVAILABLE       retry after 1 s
///  the audit file cannot be written                 UNAVAILABLE          AUDIT_UNAVAILABLE      retry after 1 s
/// </code>
/// </summary>
internal static class SecurityFailures
{
    /// <summary>What an HTTP 401 says of how to do better. Source: RFC 9110, 11.6.1; RFC 6750, 3.</summary>
    public const string Challenge = "Bearer realm=\"inference\"";

    /// <summary>Reason of what is not served on an address; a path that is not there, for HTTP.</summary>
    public const string NotServedReason = "NOT_SERVED_HERE";

    private static readonly FrozenDictionary<Roles, Failure> RoleMissing = new[] { Roles.Serve, Roles.Events, Roles.Catalogue, Roles.Admin }.ToFrozenDictionary(
        role => role, role => new Failure(StatusCode.PermissionDenied, "ROLE_MISSING", $"The caller lacks the role '{RoleNames.Of(role)}', which this method needs."));

    public static Failure Missing { get; } =
        new(StatusCode.Unauthenticated, "CREDENTIALS_MISSING", "This method needs credentials: an API key as 'x-api-key', a key or token as 'authorization: Bearer', or a client certificate.");

    public static Failure Invalid { get; } = new(StatusCode.Unauthenticated, "CREDENTIALS_INVALID", "The credentials are not accepted.");

    public static Failure NotServedHere { get; } = new(StatusCode.Unimplemented, NotServedReason, "This method is not served on this address; it is on the admin address.");

    public static Failure KeysUnavailable { get; } =
        new(StatusCode.Unavailable, "KEYS_UNAVAILABLE", "Tokens cannot be checked yet; try again in a moment.") { RetryDelay = TimeSpan.FromSeconds(1) };

    public static Failure AuditUnavailable { get; } =
        new(StatusCode.Unavailable, "AUDIT_UNAVAILABLE", "The call cannot be recorded, so it is not done; try again later.") { RetryDelay = TimeSpan.FromSeconds(1) };

    /// <summary>The caller lacks a role.</summary>
    public static Failure Lacks(Roles role) => RoleMissing[role];
}
