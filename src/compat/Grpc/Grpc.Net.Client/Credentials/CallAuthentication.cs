using Grpc.Core;

namespace Grpc.Net.Client.Credentials;

/// <summary>Asks the credentials of a call and of its channel for the metadata that authenticates the call.</summary>
internal static class CallAuthentication
{
    /// <summary>The metadata, in the order of the credentials; null where there are none.</summary>
    public static async ValueTask<Metadata?> AuthenticateAsync(
        GrpcChannel channel, IMethod method, CallCredentials? ofCall, CancellationToken cancellationToken)
    {
        var security = channel.Security;
        if (ofCall is null && security.CallCredentials.Count == 0)
        {
            return null;
        }

        if (!security.SendsCallCredentials)
        {
            Log.CredentialsLeftOut(channel.Logger, method.FullName);
            return null;
        }

        var collector = new Collector();
        ofCall?.InternalPopulateConfiguration(collector, null);
        foreach (var credentials in security.CallCredentials)
        {
            credentials.InternalPopulateConfiguration(collector, null);
        }

        var context = new AuthInterceptorContext(ServiceUrl(channel.Address, method), method.Name, cancellationToken);
        var metadata = new Metadata();
        foreach (var interceptor in collector.Interceptors)
        {
            await interceptor(context, metadata).ConfigureAwait(false);
        }

        return metadata;
    }

    // Tokens are issued for this name, so the default port must be left out of it, as every implementation does.
    private static string ServiceUrl(Uri address, IMethod method)
        => $"{address.Scheme}://{(address.IsDefaultPort ? address.Host : address.Authority)}/{method.ServiceName}";

    /// <summary>Flattens composed credentials.</summary>
    private sealed class Collector : CallCredentialsConfiguratorBase
    {
        public List<AsyncAuthInterceptor> Interceptors { get; } = [];

        public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => Interceptors.Add(interceptor);

        public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
        {
            foreach (var part in credentials)
            {
                part.InternalPopulateConfiguration(this, state);
            }
        }
    }
}
