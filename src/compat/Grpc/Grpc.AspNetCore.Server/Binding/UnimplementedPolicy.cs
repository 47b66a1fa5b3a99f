using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>
/// Decides, while the routes are compiled, where the answers of <see cref="Unimplemented"/> can match: not on the path of a method that is there, and elsewhere
/// only for gRPC requests. A route constraint would decide the same with every request, and would make each call choose between three endpoints.
/// </summary>
internal sealed class UnimplementedPolicy : MatcherPolicy, INodeBuilderPolicy
{
    private const string Grpc = nameof(Grpc);
    private const string Other = nameof(Other);
    private const string Any = nameof(Any);

    /// <summary>Before the policy of HTTP methods (-1000), so that a GET of a method that is there is told which HTTP method is allowed.</summary>
    public override int Order => -1_100;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints)
    {
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (Unimplemented.Is(endpoints[i]))
            {
                return true;
            }
        }

        return false;
    }

    public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints)
    {
        var others = new List<Endpoint>();
        var isMethod = false;
        foreach (var endpoint in endpoints)
        {
            isMethod |= endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
            if (!Unimplemented.Is(endpoint))
            {
                others.Add(endpoint);
            }
        }

        return isMethod ? [new PolicyNodeEdge(Any, others)] : [new PolicyNodeEdge(Grpc, endpoints), new PolicyNodeEdge(Other, others)];
    }

    public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges)
    {
        var (grpc, other) = (exitDestination, exitDestination);
        foreach (var edge in edges)
        {
            grpc = edge.State is Grpc or Any ? edge.Destination : grpc;
            other = edge.State is Other or Any ? edge.Destination : other;
        }

        return new JumpTable(grpc, other);
    }

    private sealed class JumpTable(int grpc, int other) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext)
            => grpc == other || (HttpMethods.IsPost(httpContext.Request.Method) && WireNames.IsGrpcContentType(httpContext.Request.ContentType)) ? grpc : other;
    }
}
