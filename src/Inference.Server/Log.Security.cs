namespace Inference.Server;

/// <summary>About who may call. No message holds a credential, a hash of one, or the id of a user.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Error, "The clients file {Path} is refused; the clients stay as they were. {Reasons}")]
    public static partial void ClientsRefused(ILogger logger, string path, string reasons);

    [LoggerMessage(101, LogLevel.Information, "The clients file {Path} has changed; {Clients} clients are known now")]
    public static partial void ClientsTaken(ILogger logger, string path, int clients);

    [LoggerMessage(102, LogLevel.Warning, "Everybody who reaches {Address} may do everything: set Inference:Security:ClientsFile or Inference:Jwt:Keys, or require client certificates (docs/security.md)")]
    public static partial void OpenToAll(ILogger logger, string address);

    [LoggerMessage(103, LogLevel.Warning, "Credentials travel to {Address} without TLS, for all to read: set Inference:Tls:Certificate, or end TLS right before the server (docs/security.md)")]
    public static partial void CredentialsUnprotected(ILogger logger, string address);

    [LoggerMessage(110, LogLevel.Error, "The certificate {Path} is refused; connections still get the former one. {Reason}")]
    public static partial void CertificateRefused(ILogger logger, string path, string reason);

    [LoggerMessage(111, LogLevel.Information, "New connections get the certificate of {Subject}, good until {Expires:u}")]
    public static partial void CertificateTaken(ILogger logger, string subject, DateTimeOffset expires);

    [LoggerMessage(112, LogLevel.Warning, "The certificate of {Subject} is good only until {Expires:u}")]
    public static partial void CertificateExpires(ILogger logger, string subject, DateTimeOffset expires);

    [LoggerMessage(120, LogLevel.Error, "The keys that sign tokens could not be had from {Source}; those of before stay. {Reason}")]
    public static partial void KeysFailed(ILogger logger, string source, string reason);

    [LoggerMessage(121, LogLevel.Information, "Tokens are checked with {Count} keys from {Source}")]
    public static partial void KeysTaken(ILogger logger, int count, string source);

    [LoggerMessage(130, LogLevel.Error, "The audit file {Path} cannot be written; the record has a gap until it can. {Reason}")]
    public static partial void AuditBroken(ILogger logger, string path, string reason);

    [LoggerMessage(131, LogLevel.Information, "{Record}")]
    public static partial void Audited(ILogger logger, string record);
}
