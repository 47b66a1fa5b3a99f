using Grpc.AspNetCore.Server.Binding;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts gRPC services on the routes of an application.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps every method of a service that the protoc plugin generated the base of.</summary>
    /// <typeparam name="TService">The implementation. It comes from the services if it is registered there, and is made anew for each call otherwise.</typeparam>
    /// <exception cref="InvalidOperationException"><c>AddGrpc</c> was not called, the type has no generated base, or its options contradict each other.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        return new GrpcServiceEndpointConventionBuilder(ServiceMapper.Map<TService>(builder));
    }
}
