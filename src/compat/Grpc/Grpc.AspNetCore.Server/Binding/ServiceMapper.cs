using System.Reflection;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>
/// Maps a service:
/// 1. resolve its options, and refuse those that contradict each other;
/// 2. let the generated <c>BindService</c> tell the methods to a <see cref="ServiceBinder{TService}"/>, which maps an endpoint for each;
/// 3. map what answers unknown methods of the service, and with the first service what answers unknown services.
/// </summary>
internal static class ServiceMapper
{
    public static IReadOnlyList<IEndpointConventionBuilder> Map<TService>(IEndpointRouteBuilder routes)
        where TService : class
    {
        var services = routes.ServiceProvider;
        var mapped = services.GetService<MappedServices>()
            ?? throw new InvalidOperationException("gRPC is not set up: call IServiceCollection.AddGrpc() before MapGrpcService().");

        var all = services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var own = services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        var options = own.AreSet ? own : all;
        var settings = new MethodSettings(
            options,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler"),
            services.GetService<TimeProvider>() ?? TimeProvider.System);

        var interceptors = new List<Activation<Interceptor>>();
        foreach (var registration in own.AreSet ? [.. all.Interceptors, .. own.Interceptors] : all.Interceptors)
        {
            interceptors.Add(new Activation<Interceptor>(registration.Type, registration.Arguments, services));
        }

        var (bind, serviceBase) = FindBindMethod(typeof(TService));
        var binder = new ServiceBinder<TService>(routes, serviceBase, settings, new InterceptorChain(interceptors));
        bind.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [binder, null], null);

        var endpoints = binder.Endpoints;
        if (all.IgnoreUnknownServices != true && !mapped.Any)
        {
            endpoints.Add(Unimplemented.MapServices(routes));
        }

        foreach (var serviceName in binder.ServiceNames)
        {
            if (mapped.Add(serviceName) && options.IgnoreUnknownServices != true)
            {
                endpoints.Add(Unimplemented.MapMethods(routes, serviceName));
            }
        }

        return endpoints;
    }

    private static (MethodInfo Bind, Type ServiceBase) FindBindMethod(Type service)
    {
        for (var type = service; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                var bind = attribute.BindType.GetMethod(
                    attribute.BindMethodName, BindingFlags.Public | BindingFlags.Static, [typeof(ServiceBinderBase), type]);
                return bind is not null
                    ? (bind, type)
                    : throw new InvalidOperationException($"{attribute.BindType.FullName} has no method {attribute.BindMethodName}(ServiceBinderBase, {type.Name}).");
            }
        }

        throw new InvalidOperationException($"{service.FullName} does not inherit from a service base that the gRPC protoc plugin generated.");
    }
}
