using Google.Protobuf.Reflection;
using Inference.Server.Failures;
using Inference.Server.Json.OpenApi;
using Inference.Server.Services;
using Recsys.V1;

namespace Inference.Server.Json;

/// <summary>
/// The one table of what is served as JSON; routing and the OpenAPI document read it. What changes the versions of the model stays with gRPC: HTTP reaches farther.
/// </summary>
internal static class JsonRoutes
{
    /// <summary>Where the description of the routes is.</summary>
    public const string DocumentPath = "/openapi.json";

    /// <summary>All routes, in the order in which they are told.</summary>
    public static IReadOnlyList<JsonRoute> All { get; } =
    [
        JsonRoute.Unary<RecommendRequest, RecommendResponse>("/v1/recommend", Of(Recsys.V1.RecommendationService.Descriptor, "Recommend"), static services => services.GetRequiredService<Services.RecommendationService>().Recommend),
        new JsonRoute("/v1/recommend-stream", Of(Recsys.V1.RecommendationService.Descriptor, "RecommendStream"), static (services, route) =>
            new RecommendLines(route, services.GetRequiredService<JsonParts>(), services.GetRequiredService<Services.RecommendationService>().RecommendStream)),
        JsonRoute.Unary<SimilarItemsRequest, SimilarItemsResponse>("/v1/similar-items", Of(Recsys.V1.RecommendationService.Descriptor, "SimilarItems"), static services => services.GetRequiredService<Services.RecommendationService>().SimilarItems),
        JsonRoute.Unary<EmbedUsersRequest, EmbedUsersResponse>("/v1/embed-users", Of(Recsys.V1.RecommendationService.Descriptor, "EmbedUsers"), static services => services.GetRequiredService<Services.RecommendationService>().EmbedUsers),
        JsonRoute.Unary<EmbedItemsRequest, EmbedItemsResponse>("/v1/embed-items", Of(Recsys.V1.RecommendationService.Descriptor, "EmbedItems"), static services => services.GetRequiredService<Services.RecommendationService>().EmbedItems),
        JsonRoute.Unary<RecordEventsRequest, RecordEventsResponse>("/v1/record-events", Of(Recsys.V1.EventService.Descriptor, "RecordEvents"), static services => services.GetRequiredService<Services.EventService>().RecordEvents),
        JsonRoute.Unary<ForgetUserRequest, ForgetUserResponse>("/v1/forget-user", Of(Recsys.V1.EventService.Descriptor, "ForgetUser"), static services => services.GetRequiredService<Services.EventService>().ForgetUser),
        JsonRoute.Unary<UpsertItemsRequest, UpsertItemsResponse>("/v1/upsert-items", Of(Recsys.V1.CatalogService.Descriptor, "UpsertItems"), static services => services.GetRequiredService<Services.CatalogService>().UpsertItems),
        JsonRoute.Unary<DeleteItemsRequest, DeleteItemsResponse>("/v1/delete-items", Of(Recsys.V1.CatalogService.Descriptor, "DeleteItems"), static services => services.GetRequiredService<Services.CatalogService>().DeleteItems),
        JsonRoute.Unary<GetItemRequest, GetItemResponse>("/v1/get-item", Of(Recsys.V1.CatalogService.Descriptor, "GetItem"), static services => services.GetRequiredService<Services.CatalogService>().GetItem),
        JsonRoute.Unary<GetStateRequest, GetStateResponse>("/v1/get-state", Of(Recsys.V1.StateService.Descriptor, "GetState"), static services => services.GetRequiredService<Services.StateService>().GetState),
        JsonRoute.Unary<GetUserRequest, GetUserResponse>("/v1/get-user", Of(Recsys.V1.StateService.Descriptor, "GetUser"), static services => services.GetRequiredService<Services.StateService>().GetUser),
        JsonRoute.Unary<ListVersionsRequest, ListVersionsResponse>("/v1/list-versions", Of(Recsys.V1.ModelService.Descriptor, "ListVersions"), static services => services.GetRequiredService<Services.ModelService>().ListVersions),
        JsonRoute.Unary<StatusRequest, StatusResponse>("/v1/model-status", Of(Recsys.V1.ModelService.Descriptor, "Status"), static services => services.GetRequiredService<Services.ModelService>().Status),
    ];

    /// <summary>Maps all routes, the document, and what is said at other paths. HTTP/1.1 alone, so the gRPC port does not show them.</summary>
    public static void MapJson(this WebApplication app)
    {
        foreach (JsonRoute route in All)
            app.Map(route.Path, OnHttp1(route.Bind(app.Services, route).ServeAsync));
        JsonParts parts = app.Services.GetRequiredService<JsonParts>();
        Failure unknown = HttpFailures.UnknownPath(All.Select(route => route.Path));
        app.Map("/v1/{**rest}", OnHttp1(context => Problem.AnswerAsync(context, unknown, parts.RequestIds.Next())));
        app.MapMethods(DocumentPath, [HttpMethods.Get, HttpMethods.Head], OnHttp1(static context =>
        {
            ReadOnlyMemory<byte> document = OpenApiDocument.Bytes;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = document.Length;
            return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(document, context.RequestAborted).AsTask();
        }));
    }

    private static RequestDelegate OnHttp1(RequestDelegate answer) => context =>
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            return answer(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    };

    private static MethodDescriptor Of(Google.Protobuf.Reflection.ServiceDescriptor service, string method) => service.FindMethodByName(method);
}
