using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Answers gRPC calls to services and methods that are not there with UNIMPLEMENTED. <see cref="UnimplementedPolicy"/> keeps other requests away.</summary>
internal sealed class Unimplemented
{
    private static readonly Unimplemented s_mark = new();
    private static readonly RouteValueDictionary s_precedence = new() { ["method"] = new Precedence() };

    public static IEndpointConventionBuilder MapServices(IEndpointRouteBuilder routes)
        => Map(routes, "{service}/{method}", "gRPC - Unimplemented service", "Service is unimplemented.");

    public static IEndpointConventionBuilder MapMethods(IEndpointRouteBuilder routes, string serviceName)
        => Map(routes, serviceName + "/{method}", $"gRPC - Unimplemented method for {serviceName}", "Method is unimplemented.");

    /// <summary>Whether an endpoint is one of these.</summary>
    public static bool Is(Endpoint endpoint) => endpoint.Metadata.GetMetadata<Unimplemented>() is not null;

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, string pattern, string displayName, string detail)
    {
        var status = new Status(StatusCode.Unimplemented, detail);
        var endpoint = routes.Map(RoutePatternFactory.Parse(pattern, defaults: null, parameterPolicies: s_precedence), http =>
        {
            http.Response.Headers.ContentType = WireNames.ContentType;
            StatusHeaders.Write(http.Response.Headers, status);
            return Task.CompletedTask;
        });
        endpoint.Add(builder =>
        {
            builder.DisplayName = displayName;
            builder.Metadata.Add(s_mark);
        });
        return endpoint;
    }

    /// <summary>Always holds. A route with a constraint comes before one of the same shape without: gRPC calls do not fall into an application's own <c>/{a}/{b}</c>.</summary>
    private sealed class Precedence : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) => true;
    }
}
