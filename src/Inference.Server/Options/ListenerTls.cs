namespace Inference.Server.Options;

/// <summary>What TLS asks on one address.</summary>
public enum ListenerTls
{
    /// <summary>No TLS.</summary>
    Off = 0,

    /// <summary>The server shows its certificate; clients need none.</summary>
    Server,

    /// <summary>A client may show a certificate; one that its authorities do not vouch for is refused.</summary>
    Optional,

    /// <summary>A client must show a certificate that its authorities vouch for.</summary>
    Required,
}
