using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>
/// Remembers how services are registered, so that a service or interceptor that is the same object in every call is resolved once
/// and its calls need no scope.
/// </summary>
internal sealed class ServiceRegistrations(IServiceCollection services)
{
    /// <summary>The lifetime with which a type is registered, or null.</summary>
    public ServiceLifetime? LifetimeOf(Type type)
    {
        for (var i = services.Count - 1; i >= 0; i--)
        {
            if (services[i].ServiceType == type && !services[i].IsKeyedService)
            {
                return services[i].Lifetime;
            }
        }

        return null;
    }
}

/// <summary>Whether the application has mapped a service yet; the answer to unknown services is mapped with the first.</summary>
internal sealed class MappedServices
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public bool Any => _names.Count > 0;

    /// <summary>False where the service has been mapped before.</summary>
    public bool Add(string serviceName) => _names.Add(serviceName);
}
