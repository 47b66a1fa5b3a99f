namespace Grpc.Core;

/// <summary>How a client learns what call credentials are made of.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    /// <summary>For clients.</summary>
    protected CallCredentialsConfiguratorBase()
    {
    }

    /// <summary>They are several, which apply in order.</summary>
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    /// <summary>They come from a function.</summary>
    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}

/// <summary>How a client learns what channel credentials are made of.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>For clients.</summary>
    protected ChannelCredentialsConfiguratorBase()
    {
    }

    /// <summary>There is no encryption.</summary>
    public abstract void SetInsecureCredentials(object state);

    /// <summary>It is TLS.</summary>
    public abstract void SetSslCredentials(object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    /// <summary>They are channel credentials with call credentials.</summary>
    public abstract void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
