using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Answers gRPC calls to services and methods that are not there with UNIMPLEMENTED; other requests on the same paths pass by.</summary>
internal static class Unimplemented
{
    private static readonly RouteValueDictionary s_onlyGrpc = new() { ["method"] = new OnlyGrpc() };

    public static IEndpointConventionBuilder MapServices(IEndpointRouteBuilder routes)
        => Map(routes, "{service}/{method}", "gRPC - Unimplemented service", "Service is unimplemented.");

    public static IEndpointConventionBuilder MapMethods(IEndpointRouteBuilder routes, string serviceName)
        => Map(routes, serviceName + "/{method}", $"gRPC - Unimplemented method for {serviceName}", "Method is unimplemented.");

    private static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, string pattern, string displayName, string detail)
    {
        var status = new Status(StatusCode.Unimplemented, detail);
        var endpoint = routes.Map(RoutePatternFactory.Parse(pattern, defaults: null, parameterPolicies: s_onlyGrpc), http =>
        {
            http.Response.Headers.ContentType = WireNames.ContentType;
            StatusHeaders.Write(http.Response.Headers, status);
            return Task.CompletedTask;
        });
        endpoint.Add(builder => builder.DisplayName = displayName);
        return endpoint;
    }

    private sealed class OnlyGrpc : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection)
            => httpContext is not null && HttpMethods.IsPost(httpContext.Request.Method) && WireNames.IsGrpcContentType(httpContext.Request.ContentType);
    }
}
