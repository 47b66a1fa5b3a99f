using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>How a channel secures its connection.</summary>
public abstract class ChannelCredentials
{
    /// <summary>For implementations.</summary>
    public ChannelCredentials()
    {
    }

    /// <summary>No encryption.</summary>
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>TLS with the trust of the machine.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    /// <summary>Channel credentials that add call credentials to every call.</summary>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
        => new CompositeCredentials(
            GrpcPreconditions.CheckNotNull(channelCredentials, nameof(channelCredentials)), GrpcPreconditions.CheckNotNull(callCredentials, nameof(callCredentials)));

    /// <summary>Tells a client what these credentials are made of.</summary>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state);

    private sealed class InsecureCredentials : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state)
            => configurator.SetInsecureCredentials(state);
    }

    private sealed class CompositeCredentials(ChannelCredentials channel, CallCredentials call) : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state)
            => configurator.SetCompositeCredentials(state, channel, call);
    }
}
