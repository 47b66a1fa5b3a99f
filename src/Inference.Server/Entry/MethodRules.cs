using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using Grpc.Health.V1;
using Inference.Server.Services;
using OpenInferenceProtocol.V2;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Inference.Server.Entry;

/// <summary>The one table of who may call what and how urgent it is. A method that is not here cannot be served: the process does not start.</summary>
internal static class MethodRules
{
    private static readonly FrozenDictionary<string, MethodRule> ByPath = All().ToFrozenDictionary(rule => rule.Path, StringComparer.Ordinal);

    /// <summary>The rule of "/package.Service/Method"; null for what is not served.</summary>
    public static MethodRule? Find(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>The rule of a method that is served.</summary>
    public static MethodRule Of(MethodDescriptor method) => ByPath[$"/{method.Service.FullName}/{method.Name}"];

    /// <summary>How many there are.</summary>
    public static int Count => ByPath.Count;

    private static IEnumerable<MethodRule> All() => ServedServices.Descriptors.SelectMany(service => service.Methods).Select(static (method, index) =>
    {
        (Roles role, CallClass kind) = RuleOf(method.Service, method);
        return new MethodRule($"/{method.Service.FullName}/{method.Name}", role, kind, method.IsClientStreaming || method.IsServerStreaming, index);
    });

    private static (Roles Role, CallClass Class) RuleOf(ServiceDescriptor service, MethodDescriptor method) => (service.FullName, method.Name) switch
    {
        ("recsys.v1.RecommendationService", "RecommendStream" or "EmbedItems") => (Roles.Serve, CallClass.Bulk),
        ("recsys.v1.RecommendationService", _) => (Roles.Serve, CallClass.Interactive),
        ("recsys.v1.EventService", _) => (Roles.Events, CallClass.Interactive),
        ("recsys.v1.CatalogService", "GetItem") => (Roles.Serve, CallClass.Interactive),
        ("recsys.v1.CatalogService", _) => (Roles.Catalogue, CallClass.Bulk),
        ("recsys.v1.ModelService" or "recsys.v1.StateService", _) => (Roles.Admin, CallClass.Control),
        _ when service == GRPCInferenceService.Descriptor => method.Name == "ModelInfer" ? (Roles.Serve, CallClass.Interactive) : (Roles.None, CallClass.Control),
        _ when service == Health.Descriptor || service.FullName.StartsWith("grpc.reflection.", StringComparison.Ordinal) => (Roles.None, CallClass.Control),
        _ => throw new InvalidOperationException($"Nothing says who may call {service.FullName}/{method.Name}."),
    };
}
