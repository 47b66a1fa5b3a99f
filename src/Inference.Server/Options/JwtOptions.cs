using System.ComponentModel.DataAnnotations;
using Inference.Server.Security;

namespace Inference.Server.Options;

/// <summary>Tokens (JWT) of an identity provider, as `authorization: Bearer`. On once there are keys.</summary>
public sealed class JwtOptions : IValidatableObject
{
    /// <summary>Where the keys that sign tokens are: the URL of a JSON Web Key Set, or a file with one.</summary>
    /// <value>An https or http URL, or a path; default "": no tokens are taken.</value>
    public string Keys { get; set; } = "";

    /// <summary>File with the certificates, as PEM, of the authorities that may vouch for the keys' URL besides those that the system trusts.</summary>
    /// <value>A path; default "": those of the system alone.</value>
    public string KeysAuthorities { get; set; } = "";

    /// <summary>Who must have issued a token (`iss`).</summary>
    /// <value>default "". Needed.</value>
    public string Issuer { get; set; } = "";

    /// <summary>For whom a token must be meant (`aud`).</summary>
    /// <value>default "". Needed.</value>
    public string Audience { get; set; } = "";

    /// <summary>Algorithms that may sign tokens; only those of public keys, so that a public key can never be taken for a shared secret.</summary>
    /// <value>Names with commas out of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512; default "RS256,PS256,ES256".</value>
    public IReadOnlyList<string> Algorithms { get; set; } = ["RS256", "PS256", "ES256"];

    /// <summary>The claim with the roles: a text with spaces, or a list.</summary>
    /// <value>Not empty; default "roles".</value>
    [Required]
    public string RolesClaim { get; set; } = "roles";

    /// <summary>What stands before the names of our roles in that claim; other values are ignored.</summary>
    /// <value>default "": the values are our names (serve, events, catalogue, admin).</value>
    public string RolePrefix { get; set; } = "";

    /// <summary>The claim with the caller's name, for quotas and audit.</summary>
    /// <value>Not empty; default "sub".</value>
    [Required]
    public string NameClaim { get; set; } = "sub";

    /// <summary>How far clocks may differ.</summary>
    /// <value>00:00:00 to 00:10:00; default 00:01:00.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the keys are fetched anew.</summary>
    /// <value>00:00:10 to 1.00:00:00; default 00:15:00.</value>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Least time between two fetches that tokens with an unknown key ask for.</summary>
    /// <value>00:00:01 to 01:00:00; default 00:00:30.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RefetchInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a fetch may take, and how long a call waits for one.</summary>
    /// <value>00:00:00.1 to 00:00:30; default 00:00:02.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan FetchTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Largest token in bytes.</summary>
    /// <value>512 to 65,536; default 8192.</value>
    [Range(512, 65_536)]
    public int MaxTokenBytes { get; set; } = 8192;

    /// <summary>Tokens that were found good and are not checked again until they expire.</summary>
    /// <value>0 to 1,000,000; default 10000.</value>
    [Range(0, 1_000_000)]
    public int CacheEntries { get; set; } = 10_000;

    /// <summary>Whether tokens are taken.</summary>
    public bool IsOn => Keys.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn)
            yield break;
        if (Issuer.Length == 0)
            yield return new ValidationResult("tokens of just anybody would be taken: it must say who issues them", [nameof(Issuer)]);
        if (Audience.Length == 0)
            yield return new ValidationResult("tokens that are meant for others would be taken: it must say what they name this server", [nameof(Audience)]);
        foreach (string name in Algorithms.Where(name => !Security.Jwt.SigningAlgorithms.Known.Contains(name)))
            yield return new ValidationResult($"'{name}' is none of {string.Join(", ", Security.Jwt.SigningAlgorithms.Known)}", [nameof(Algorithms)]);
        if (Algorithms.Count == 0)
            yield return new ValidationResult("it must name an algorithm", [nameof(Algorithms)]);
        if (Uri.TryCreate(Keys, UriKind.Absolute, out Uri? uri) && !uri.IsFile)
        {
            if (uri.Scheme is not ("https" or "http"))
                yield return new ValidationResult("it must be an https or http URL, or a path", [nameof(Keys)]);
            else if (uri.Scheme == "http" && !uri.IsLoopback)
                yield return new ValidationResult("keys that come without TLS can be changed on their way; http is for this machine alone", [nameof(Keys)]);
        }
        else if (!File.Exists(Keys))
        {
            yield return new ValidationResult("there is no such file", [nameof(Keys)]);
        }

        if (KeysAuthorities.Length > 0 && !File.Exists(KeysAuthorities))
            yield return new ValidationResult("there is no such file", [nameof(KeysAuthorities)]);
    }
}
