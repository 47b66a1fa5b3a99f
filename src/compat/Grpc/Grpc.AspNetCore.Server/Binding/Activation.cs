using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>
/// Where the instance of a service or interceptor for one call comes from:
/// 1. registered as a singleton: resolved with the first call and kept;
/// 2. registered otherwise: resolved from the services of the request, which also dispose it;
/// 3. not registered: made with the services of the request, and disposed when the call ends.
/// </summary>
/// <typeparam name="T">What the caller sees of it.</typeparam>
internal sealed class Activation<T>
    where T : class
{
    private readonly Type _type;
    private readonly object[] _arguments;
    private readonly IServiceProvider _root;
    private readonly bool _isSingleton;
    private ObjectFactory? _factory;
    private T? _shared;

    public Activation(Type type, IReadOnlyList<object> arguments, IServiceProvider root)
    {
        _type = type;
        _arguments = [.. arguments];
        _root = root;
        _isSingleton = _arguments.Length == 0 && root.GetRequiredService<ServiceRegistrations>().LifetimeOf(type) == ServiceLifetime.Singleton;
    }

    /// <summary>The instance of all calls, or null where each call has its own.</summary>
    public T? Shared => _shared ?? (_isSingleton ? _shared = (T)_root.GetRequiredService(_type) : null);

    /// <summary>The instance of this call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="owned">Whether the caller disposes it by <see cref="ReleaseAsync"/>.</param>
    public T Create(ServerCallContext context, out bool owned)
    {
        var services = context.GetHttpContext().RequestServices;
        owned = false;
        if (_arguments.Length == 0 && services.GetService(_type) is T registered)
        {
            return registered;
        }

        owned = true;
        _factory ??= ActivatorUtilities.CreateFactory(_type, Array.ConvertAll(_arguments, argument => argument.GetType()));
        return (T)_factory(services, _arguments);
    }

    public static ValueTask ReleaseAsync(T instance)
    {
        switch (instance)
        {
            case IAsyncDisposable asynchronous:
                return asynchronous.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                return default;
            default:
                return default;
        }
    }
}
