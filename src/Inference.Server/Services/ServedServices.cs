using Grpc.Health.V1;
using Inference.Server.OpenInference;
using OpenInferenceProtocol.V2;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Inference.Server.Services;

/// <summary>The one list of what is served: health, reflection, telemetry and routing read it.</summary>
internal static class ServedServices
{
    private static readonly ServiceDescriptor ReflectionV1 = Grpc.Reflection.V1.ServerReflection.Descriptor;
    private static readonly ServiceDescriptor ReflectionV1Alpha = Grpc.Reflection.V1Alpha.ServerReflection.Descriptor;

    /// <summary>All services, in the order in which reflection lists them.</summary>
    public static IReadOnlyList<ServiceDescriptor> Descriptors { get; } =
    [
        Recsys.V1.RecommendationService.Descriptor,
        Recsys.V1.EventService.Descriptor,
        Recsys.V1.CatalogService.Descriptor,
        Recsys.V1.ModelService.Descriptor,
        Recsys.V1.StateService.Descriptor,
        GRPCInferenceService.Descriptor,
        Health.Descriptor,
        ReflectionV1,
        ReflectionV1Alpha,
    ];

    /// <summary>Their full names.</summary>
    public static IEnumerable<string> Names => Descriptors.Select(service => service.FullName);

    /// <summary>"/package.Service/Method" of every method.</summary>
    public static IEnumerable<string> MethodPaths() =>
        from service in Descriptors
        from method in service.Methods
        select $"/{service.FullName}/{method.Name}";

    public static void MapServices(this WebApplication app, bool withReflection)
    {
        app.MapGrpcService<RecommendationService>();
        app.MapGrpcService<EventService>();
        app.MapGrpcService<CatalogService>();
        app.MapGrpcService<ModelService>();
        app.MapGrpcService<StateService>();
        app.MapGrpcService<OpenInferenceService>();
        app.MapGrpcService<HealthService>();
        if (!withReflection)
            return;
        app.MapGrpcService<ReflectionService>();
        app.MapGrpcService<ReflectionV1AlphaService>();
    }
}
