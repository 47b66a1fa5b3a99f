using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Options;

/// <summary>The server's certificate, and what clients must show. Files that change are taken in while the server runs: new connections get the new certificate, old ones go on. docs/security.md shows how.</summary>
public sealed class TlsOptions : IValidatableObject
{
    /// <summary>File with the server's certificate: PEM, the certificate first and then those of its authorities, or PFX (.pfx, .p12).</summary>
    /// <value>A path; default "", which serves without TLS.</value>
    public string Certificate { get; set; } = "";

    /// <summary>File with the private key of the certificate, as PEM.</summary>
    /// <value>A path; default "": the key is in the certificate's file.</value>
    public string Key { get; set; } = "";

    /// <summary>File whose first line is the password of the key or of the PFX file.</summary>
    /// <value>A path; default "": there is none.</value>
    public string PasswordFile { get; set; } = "";

    /// <summary>File with the certificates, as PEM, of the authorities that vouch for clients.</summary>
    /// <value>A path; default "". Needed where an address asks for certificates of clients.</value>
    public string ClientAuthorities { get; set; } = "";

    /// <summary>What is asked on the gRPC address, once there is a certificate.</summary>
    /// <value>Off, Server, Optional or Required; default Server.</value>
    public ListenerTls Grpc { get; set; } = ListenerTls.Server;

    /// <summary>What is asked on the HTTP address, once there is a certificate.</summary>
    /// <value>Off, Server, Optional or Required; default Server. Probes of Kubernetes need no certificate with Server or Optional.</value>
    public ListenerTls Http { get; set; } = ListenerTls.Server;

    /// <summary>What is asked on the admin address, once there is a certificate.</summary>
    /// <value>Off, Server, Optional or Required; default Server.</value>
    public ListenerTls Admin { get; set; } = ListenerTls.Server;

    /// <summary>How often the files are looked at for changes.</summary>
    /// <value>00:00:00 (never) to 1.00:00:00; default 00:00:10.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether there is a certificate to serve with.</summary>
    public bool IsOn => Certificate.Length > 0;

    /// <summary>Whether some address asks for certificates of clients.</summary>
    public bool AsksClients => new[] { Grpc, Http, Admin }.Any(static one => one >= ListenerTls.Optional);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn)
        {
            if (Key.Length + PasswordFile.Length + ClientAuthorities.Length > 0 || AsksClients)
                yield return new ValidationResult("without a certificate there is no TLS, and the other options of this section have no effect", [nameof(Certificate)]);
            yield break;
        }

        if (AsksClients && ClientAuthorities.Length == 0)
            yield return new ValidationResult("an address asks for certificates of clients, so it must name the authorities that vouch for them", [nameof(ClientAuthorities)]);
        foreach (string problem in Security.Tls.ServerCertificate.Check(this))
            yield return new ValidationResult(problem, [nameof(Certificate)]);
    }
}
