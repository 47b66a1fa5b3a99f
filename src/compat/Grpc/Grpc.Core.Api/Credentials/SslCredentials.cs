using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>TLS, optionally with own trust, a client certificate and a check of the peer.</summary>
public sealed class SslCredentials : ChannelCredentials
{
    private readonly VerifyPeerCallback? _verifyPeer;

    /// <summary>TLS with the trust of the machine.</summary>
    public SslCredentials()
        : this(null, null, null)
    {
    }

    /// <summary>TLS that trusts these PEM certificates.</summary>
    public SslCredentials(string rootCertificates)
        : this(rootCertificates, null, null)
    {
    }

    /// <summary>TLS that trusts these PEM certificates and shows one of its own.</summary>
    public SslCredentials(string rootCertificates, KeyCertificatePair keyCertificatePair)
        : this(rootCertificates, keyCertificatePair, null)
    {
    }

    /// <summary>TLS with all its choices.</summary>
    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        RootCertificates = rootCertificates;
        KeyCertificatePair = keyCertificatePair;
        _verifyPeer = verifyPeerCallback;
    }

    /// <summary>PEM certificates to trust; null for those of the machine.</summary>
    public string? RootCertificates { get; }

    /// <summary>What the client shows; null for nothing.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; }

    /// <inheritdoc/>
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state)
        => configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, _verifyPeer);
}

/// <summary>A certificate chain with its private key, both PEM.</summary>
public sealed class KeyCertificatePair
{
    /// <summary>Makes a pair.</summary>
    public KeyCertificatePair(string certificateChain, string privateKey)
    {
        CertificateChain = GrpcPreconditions.CheckNotNull(certificateChain, nameof(certificateChain));
        PrivateKey = GrpcPreconditions.CheckNotNull(privateKey, nameof(privateKey));
    }

    /// <summary>The chain.</summary>
    public string CertificateChain { get; }

    /// <summary>The key.</summary>
    public string PrivateKey { get; }
}

/// <summary>Decides whether a TLS peer is accepted.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

/// <summary>A TLS peer to decide on.</summary>
public class VerifyPeerContext
{
    internal VerifyPeerContext(string targetName, string peerPem)
    {
        TargetName = targetName;
        PeerPem = peerPem;
    }

    /// <summary>The name that was asked for.</summary>
    public string TargetName { get; }

    /// <summary>The peer's certificate, PEM.</summary>
    public string PeerPem { get; }
}
