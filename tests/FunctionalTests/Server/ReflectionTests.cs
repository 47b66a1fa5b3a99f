using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Xunit;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace FunctionalTests.Server;

[Collection(nameof(SharedServer))]
public class ReflectionTests(SharedServer shared)
{
    [Fact]
    public async Task ServerReflectionInfo_AskedEverything_AnswersInOrder()
    {
        using var call = new ServerReflection.ServerReflectionClient(shared.Server.Channel).ServerReflectionInfo();
        ServerReflectionResponse services = await AskAsync(call, new() { Host = "h", ListServices = "" });
        ServerReflectionResponse byName = await AskAsync(call, new() { FileByFilename = "recsys/v1/feature.proto" });
        ServerReflectionResponse bySymbol = await AskAsync(call, new() { FileContainingSymbol = "recsys.v1.RecommendationService.Recommend" });
        ServerReflectionResponse extensions = await AskAsync(call, new() { AllExtensionNumbersOfType = "recsys.v1.RecommendRequest" });
        ServerReflectionResponse missing = await AskAsync(call, new() { FileContainingSymbol = "recsys.v1.Nothing" });
        ServerReflectionResponse noExtension = await AskAsync(call, new() { FileContainingExtension = new() { ContainingType = "recsys.v1.RecommendRequest", ExtensionNumber = 5 } });
        ServerReflectionResponse nonsense = await AskAsync(call, new());
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal("h", services.ValidHost);
        Assert.Equal("h", services.OriginalRequest.Host);
        Assert.Equal(
            [
                "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "inference.GRPCInferenceService",
                "recsys.v1.CatalogService", "recsys.v1.EventService", "recsys.v1.ModelService", "recsys.v1.RecommendationService", "recsys.v1.StateService",
            ],
            services.ListServicesResponse.Service.Select(service => service.Name).Order(StringComparer.Ordinal));
        Assert.Equal("recsys/v1/feature.proto", NameOf(byName.FileDescriptorResponse.FileDescriptorProto[0]));
        Assert.Equal("recsys/v1/recommendation_service.proto", NameOf(bySymbol.FileDescriptorResponse.FileDescriptorProto[0]));
        Assert.Empty(extensions.AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Equal((int)StatusCode.NotFound, missing.ErrorResponse.ErrorCode);
        Assert.Equal((int)StatusCode.NotFound, noExtension.ErrorResponse.ErrorCode);
        Assert.Equal((int)StatusCode.Unimplemented, nonsense.ErrorResponse.ErrorCode);
    }

    [Fact]
    public async Task ServerReflectionInfo_OfV1Alpha_AnswersToo()
    {
        using var call = new V1Alpha.ServerReflection.ServerReflectionClient(shared.Server.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new() { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(9, call.ResponseStream.Current.ListServicesResponse.Service.Count);
        await call.RequestStream.WriteAsync(new() { FileContainingSymbol = "recsys.v1.FeatureValue" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("recsys/v1/feature.proto", NameOf(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto[0]));
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task ServerReflectionInfo_SwitchedOff_IsUnimplemented()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.Reflection = false);
        using var call = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    private static async Task<ServerReflectionResponse> AskAsync(
        AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call, ServerReflectionRequest request)
    {
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current;
    }

    private static string NameOf(ByteString file) => FileDescriptorProto.Parser.ParseFrom(file).Name;
}
