using Grpc.Core;

namespace Grpc.Net.Client.Credentials;

/// <summary>What a channel's credentials and address come to: encrypted or not, and the credentials that all calls carry.</summary>
/// <param name="IsEncrypted">Whether connections use TLS.</param>
/// <param name="SendsCallCredentials">Whether calls carry their credentials: always over TLS, else only where the options insist.</param>
/// <param name="CallCredentials">Credentials of every call of the channel.</param>
internal sealed record ChannelSecurity(bool IsEncrypted, bool SendsCallCredentials, IReadOnlyList<CallCredentials> CallCredentials)
{
    public static ChannelSecurity Resolve(Uri address, GrpcChannelOptions options)
    {
        var encrypted = address switch
        {
            { IsAbsoluteUri: true, Scheme: "https" } => true,
            { IsAbsoluteUri: true, Scheme: "http" } => false,
            _ => throw new InvalidOperationException($"The address '{address}' starts with neither http:// nor https://."),
        };
        var credentials = new Configurator(options.UnsafeUseInsecureChannelCallCredentials);
        if (options.Credentials is not null)
        {
            options.Credentials.InternalPopulateConfiguration(credentials, options.Credentials);
            if (credentials.IsEncrypted != encrypted)
            {
                var kind = credentials.IsEncrypted ? "secure" : "insecure";
                throw new InvalidOperationException($"The channel has {kind} credentials and an address with the scheme '{address.Scheme}'.");
            }
        }

        return new ChannelSecurity(encrypted, encrypted || options.UnsafeUseInsecureChannelCallCredentials, credentials.CallCredentials);
    }

    private sealed class Configurator(bool allowUnencryptedCallCredentials) : ChannelCredentialsConfiguratorBase
    {
        private readonly List<CallCredentials> _callCredentials = [];

        public bool IsEncrypted { get; private set; }

        public IReadOnlyList<CallCredentials> CallCredentials => _callCredentials;

        public override void SetInsecureCredentials(object state) => IsEncrypted = false;

        public override void SetSslCredentials(
            object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
        {
            if (!string.IsNullOrEmpty(rootCertificates) || keyCertificatePair is not null || verifyPeerCallback is not null)
            {
                throw new InvalidOperationException("Certificates are configured on the channel's HttpHandler, not in SslCredentials.");
            }

            IsEncrypted = true;
        }

        public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
        {
            channelCredentials.InternalPopulateConfiguration(this, state);
            if (!IsEncrypted && !allowUnencryptedCallCredentials)
            {
                throw new InvalidOperationException(
                    "Call credentials need secure channel credentials, or GrpcChannelOptions.UnsafeUseInsecureChannelCallCredentials.");
            }

            _callCredentials.Add(callCredentials);
        }
    }
}
