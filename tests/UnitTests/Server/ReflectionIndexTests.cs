using Google.Protobuf.Reflection;
using Inference.Server.Services;
using Xunit;

namespace UnitTests.Server;

public class ReflectionIndexTests
{
    private readonly ReflectionIndex _index = new(ServedServices.Descriptors);

    [Theory]
    [InlineData("recsys.v1.RecommendationService", "recsys/v1/recommendation_service.proto")]
    [InlineData("recsys.v1.RecommendationService.Recommend", "recsys/v1/recommendation_service.proto")]
    [InlineData(".recsys.v1.RecommendRequest", "recsys/v1/recommendation_service.proto")]
    [InlineData("recsys.v1.RecommendRequest.user_id", "recsys/v1/recommendation_service.proto")]
    [InlineData("recsys.v1.RecommendStreamResponse.result", "recsys/v1/recommendation_service.proto")]
    [InlineData("recsys.v1.Rung", "recsys/v1/recommendation_service.proto")]
    [InlineData("recsys.v1.RUNG_SESSION", "recsys/v1/recommendation_service.proto")]
    [InlineData("recsys.v1.FeatureValue", "recsys/v1/feature.proto")]
    [InlineData("google.rpc.Status", "google/rpc/status.proto")]
    [InlineData("google.protobuf.Any", "google/protobuf/any.proto")]
    [InlineData("inference.GRPCInferenceService.ModelInfer", "inference/grpc_inference_service.proto")]
    [InlineData("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto")]
    public void FileOfSymbol_WithAKnownName_GivesTheFileFirst(string symbol, string file) =>
        Assert.Equal(file, FileDescriptorProto.Parser.ParseFrom(_index.FileOfSymbol(symbol)![0]).Name);

    [Fact]
    public void File_WithImports_GivesEverythingThatAToolNeedsToBuildIt()
    {
        FileDescriptorProto[] files = [.. _index.File("recsys/v1/recommendation_service.proto")!.Select(bytes => FileDescriptorProto.Parser.ParseFrom(bytes))];

        Assert.Equal("recsys/v1/recommendation_service.proto", files[0].Name);
        Assert.All(files.SelectMany(file => file.Dependency), import => Assert.Contains(files, file => file.Name == import));
        Assert.Equal(files.Length, files.Select(file => file.Name).Distinct().Count());
    }

    [Fact]
    public void Find_WithAnUnknownName_FindsNothing()
    {
        Assert.Null(_index.FileOfSymbol("recsys.v1.Nothing"));
        Assert.Null(_index.File("nothing.proto"));
        Assert.Null(_index.FileOfExtension("recsys.v1.RecommendRequest", 1));
        Assert.Null(_index.ExtensionsOf("recsys.v1.Nothing"));
        Assert.Empty(_index.ExtensionsOf("recsys.v1.RecommendRequest")!);
    }
}
