using System.ComponentModel.DataAnnotations;
using Inference.Server.Security;

namespace Inference.Server.Options;

/// <summary>Who may call. With neither a clients file nor Inference:Jwt everybody may do everything. docs/security.md shows how it is turned on.</summary>
public sealed class SecurityOptions : IValidatableObject
{
    /// <summary>JSON file of the clients: names, roles, hashes of API keys, certificates, quotas. A changed file takes effect while the server runs; one that is refused leaves the clients as they were, and the log says why.</summary>
    /// <value>A path; default "": no client is known by key or certificate.</value>
    public string ClientsFile { get; set; } = "";

    /// <summary>Roles of callers who show no credentials.</summary>
    /// <value>"all", "none", or roles with commas: serve, events, catalogue, admin; default "auto": all as long as neither ClientsFile nor Inference:Jwt is set, none otherwise.</value>
    public string Anonymous { get; set; } = RoleNames.Auto;

    /// <summary>The role that `/metrics` asks for.</summary>
    /// <value>none, serve, events, catalogue or admin; default "none".</value>
    [AllowedValues("none", "serve", "events", "catalogue", "admin")]
    public string MetricsRole { get; set; } = "none";

    /// <summary>How often the clients file is looked at for changes.</summary>
    /// <value>00:00:00 (never) to 01:00:00; default 00:00:05.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Anonymous != RoleNames.Auto && !RoleNames.TryParse(Anonymous.Split(',', StringSplitOptions.TrimEntries), out _, out string unknown))
            yield return new ValidationResult($"'{unknown}' is no role; there are {RoleNames.Known}, and 'auto', 'all' and 'none'", [nameof(Anonymous)]);
        if (ClientsFile.Length == 0)
            yield break;
        foreach (string problem in Security.ClientsFile.Check(ClientsFile))
            yield return new ValidationResult($"'{ClientsFile}' is refused: {problem}", [nameof(ClientsFile)]);
    }
}
