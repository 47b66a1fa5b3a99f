using Grpc.AspNetCore.Server.Calls;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>From a call to the HTTP request that carries it.</summary>
public static class ServerCallContextExtensions
{
    private const string UserStateKey = "__HttpContext";

    /// <summary>The HTTP request of a call. A context that was made for a test answers where its user state holds one under <c>__HttpContext</c>.</summary>
    /// <exception cref="InvalidOperationException">The context is neither a call of this server nor one that holds a request.</exception>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
    {
        ArgumentNullException.ThrowIfNull(serverCallContext);
        if (serverCallContext is ServerCall call)
        {
            return call.HttpContext;
        }

        return serverCallContext.UserState is { } state && state.TryGetValue(UserStateKey, out var held) && held is HttpContext http
            ? http
            : throw new InvalidOperationException("The ServerCallContext does not belong to a call that ASP.NET Core serves; it has no HttpContext.");
    }
}
