using System.Reflection;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>
/// Makes an endpoint for each method that generated code tells it. The generated handlers are tied to one instance of the service, which is why
/// they are null here; the methods are found by name and called on the instance of each call.
/// </summary>
internal sealed class ServiceBinder<TService> : ServiceBinderBase
    where TService : class
{
    private readonly IEndpointRouteBuilder _routes;
    private readonly Type _serviceBase;
    private readonly MethodSettings _settings;
    private readonly InterceptorChain _interceptors;
    private readonly Activation<TService> _services;

    public ServiceBinder(IEndpointRouteBuilder routes, Type serviceBase, MethodSettings settings, InterceptorChain interceptors)
    {
        _routes = routes;
        _serviceBase = serviceBase;
        _settings = settings;
        _interceptors = interceptors;
        _services = new Activation<TService>(typeof(TService), [], routes.ServiceProvider);
    }

    public List<IEndpointConventionBuilder> Endpoints { get; } = [];

    public HashSet<string> ServiceNames { get; } = new(StringComparer.Ordinal);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(TRequest), typeof(ServerCallContext));
        var invoker = new ReplyInvoker<TService, TRequest, TResponse>(_services, target.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>());
        var pipeline = _interceptors.Before<TRequest, TResponse>(invoker.InvokeAsync);
        Map(method, target, new UnaryHandler<TRequest, TResponse>(method, _settings, pipeline).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        var invoker = new ReplyInvoker<TService, IAsyncStreamReader<TRequest>, TResponse>(
            _services, target.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>());
        var pipeline = _interceptors.Before<TRequest, TResponse>(invoker.InvokeAsync);
        Map(method, target, new ClientStreamingHandler<TRequest, TResponse>(method, _settings, pipeline).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var invoker = new StreamInvoker<TService, TRequest, TResponse>(
            _services, target.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>());
        var pipeline = _interceptors.Before<TRequest, TResponse>(invoker.InvokeAsync);
        Map(method, target, new ServerStreamingHandler<TRequest, TResponse>(method, _settings, pipeline).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var target = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        var invoker = new StreamInvoker<TService, IAsyncStreamReader<TRequest>, TResponse>(
            _services, target.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>());
        var pipeline = _interceptors.Before<TRequest, TResponse>(invoker.InvokeAsync);
        Map(method, target, new DuplexStreamingHandler<TRequest, TResponse>(method, _settings, pipeline).HandleAsync);
    }

    /// <summary>The implementation of a method: the most derived override of what the generated base declares.</summary>
    private MethodInfo Find(IMethod method, params Type[] parameters)
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            var found = type.GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters);
            if (found is { IsVirtual: true } && found.GetBaseDefinition().DeclaringType == _serviceBase)
            {
                return found;
            }
        }

        throw new InvalidOperationException($"{typeof(TService).FullName} has no method {method.Name} of the service {method.ServiceName}.");
    }

    private void Map(IMethod method, MethodInfo target, RequestDelegate handle)
    {
        ServiceNames.Add(method.ServiceName);
        var endpoint = _routes.Map(RoutePatternFactory.Parse(method.FullName), handle);
        endpoint.Add(builder =>
        {
            builder.DisplayName = $"gRPC - {method.FullName}";
            builder.Metadata.Add(new GrpcMethodMetadata(typeof(TService), method));
            foreach (var attribute in typeof(TService).GetCustomAttributes(inherit: true))
            {
                builder.Metadata.Add(attribute);
            }

            foreach (var attribute in target.GetCustomAttributes(inherit: true))
            {
                builder.Metadata.Add(attribute);
            }

            builder.Metadata.Add(new HttpMethodMetadata([HttpMethods.Post]));
        });
        Endpoints.Add(endpoint);
    }
}
