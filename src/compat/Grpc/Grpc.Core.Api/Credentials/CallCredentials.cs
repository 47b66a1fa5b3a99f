using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Adds metadata to a call that proves who makes it.</summary>
/// <param name="context">The call.</param>
/// <param name="metadata">Where to add.</param>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

/// <summary>Credentials of one call.</summary>
public abstract class CallCredentials
{
    /// <summary>For implementations.</summary>
    protected CallCredentials()
    {
    }

    /// <summary>Two or more credentials as one; they apply in order.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        GrpcPreconditions.CheckArgument(credentials.Length >= 2, "Composite credentials object can only be created from 2 or more credentials.");
        return new Composite([.. credentials]);
    }

    /// <summary>Credentials that come from a function.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
        => new FromFunction(GrpcPreconditions.CheckNotNull(interceptor, nameof(interceptor)));

    /// <summary>Tells a client what these credentials are made of.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class Composite(CallCredentials[] credentials) : CallCredentials
    {
        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state)
            => configurator.SetCompositeCredentials(state, credentials);
    }

    private sealed class FromFunction(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state)
            => configurator.SetAsyncAuthInterceptorCredentials(state, interceptor);
    }
}
