using Grpc.Core;
using OpenInferenceProtocol.V2;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;
using TensorMetadata = OpenInferenceProtocol.V2.ModelMetadataResponse.Types.TensorMetadata;

namespace FunctionalTests.Server.OpenInference;

[Collection(nameof(SharedServer))]
public class OpenInferenceTests(SharedServer shared)
{
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client = new(shared.Server.Channel);

    [Fact]
    public async Task Server_WithAModel_IsLiveAndReadyAndSaysWhatItIs()
    {
        Assert.True((await _client.ServerLiveAsync(new())).Live);
        Assert.True((await _client.ServerReadyAsync(new())).Ready);
        ServerMetadataResponse metadata = await _client.ServerMetadataAsync(new());
        Assert.Equal("inference", metadata.Name);
        Assert.Matches(@"^\d+\.\d+\.\d+", metadata.Version);
        Assert.Equal(["schedule_policy"], metadata.Extensions);
    }

    [Theory]
    [InlineData("user_tower", "", true)]
    [InlineData("item_tower", "1", true)]
    [InlineData("small.user_tower", "", true)]
    [InlineData("small.item_tower", "1", true)]
    [InlineData("user_tower", "2", false)]
    [InlineData("other.user_tower", "", false)]
    [InlineData("small", "", false)]
    [InlineData("", "", false)]
    public async Task ModelReady_OfAName_IsWhetherItIsLoaded(string name, string version, bool isReady) =>
        Assert.Equal(isReady, (await _client.ModelReadyAsync(new() { Name = name, Version = version })).Ready);

    [Fact]
    public async Task ModelMetadata_OfTheUserTower_IsItsGraph()
    {
        ModelMetadataResponse metadata = await _client.ModelMetadataAsync(new() { Name = "small.user_tower" });

        Assert.Equal(("small.user_tower", "onnxruntime_onnx"), (metadata.Name, metadata.Platform));
        Assert.Equal(["1"], metadata.Versions);
        Assert.Equal(
            [
                new TensorMetadata { Name = "history_ids", Datatype = "INT64", Shape = { -1, -1 } },
                new TensorMetadata { Name = "history_mask", Datatype = "FP32", Shape = { -1, -1 } },
                new TensorMetadata { Name = "country", Datatype = "INT64", Shape = { -1 } },
            ],
            metadata.Inputs);
        Assert.Equal([new TensorMetadata { Name = "user_embedding", Datatype = "FP32", Shape = { -1, SmallWorld.Dimension } }], metadata.Outputs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ModelInfer_OfUsers_GivesTheirEmbeddingsInTheFormThatWasAsked(bool isRaw)
    {
        ModelInferResponse response = await _client.ModelInferAsync(InferMessages.Users(isRaw, (2, [3, 4]), (4, [0, 39]), (0, [7, 7])));

        Assert.Equal(("user_tower", "1", "a request"), (response.ModelName, response.ModelVersion, response.Id));
        var output = Assert.Single(response.Outputs);
        Assert.Equal(("user_embedding", "FP32"), (output.Name, output.Datatype));
        Assert.Equal([3, SmallWorld.Dimension], output.Shape);
        Assert.Equal(isRaw ? 1 : 0, response.RawOutputContents.Count);
        Assert.Equal(isRaw, output.Contents is null);
        AssertClose([.. RunningServer.World.Embed(2, 3, 4), .. RunningServer.World.Embed(4, 0, 39), .. RunningServer.World.Embed(0, 7, 7)], response.Elements<float>("user_embedding"));
    }

    [Fact]
    public async Task ModelInfer_OfAUserAndAnItem_IsWhatTheOwnServiceEmbeds()
    {
        EmbedUsersResponse user = await shared.Server.Recommendations.EmbedUsersAsync(new()
        {
            Users = { new UserInput { Context = { ["country"] = new() { StringValue = "Italy" } }, RecentItemIds = { "item-5", "item-9" } } },
        });
        EmbedItemsResponse item = await shared.Server.Recommendations.EmbedItemsAsync(new() { Items = { new ItemInput { ItemId = "item-11" } } });

        AssertClose([.. user.Embeddings[0].Values], (await _client.ModelInferAsync(InferMessages.Users(true, (3, [5, 9])))).Elements<float>("user_embedding"));
        AssertClose([.. item.Embeddings[0].Values], (await _client.ModelInferAsync(InferMessages.Items(true, 12))).Elements<float>("item_embedding"));
    }

    [Fact]
    public async Task ModelInfer_WithInputsInAnotherOrder_GivesTheSame()
    {
        ModelInferRequest request = InferMessages.Users(true, (1, [8, 2, 5]));
        ModelInferRequest turned = request.Clone();
        turned.Inputs.Clear();
        turned.RawInputContents.Clear();
        foreach (int i in (int[])[2, 0, 1])
        {
            turned.Inputs.Add(request.Inputs[i]);
            turned.RawInputContents.Add(request.RawInputContents[i]);
        }

        Assert.Equal(await _client.ModelInferAsync(request), await _client.ModelInferAsync(turned));
    }

    [Theory]
    [InlineData("user_tower", "7", "Version '7' of the model 'user_tower' is not loaded; loaded are '1'.")]
    [InlineData("retail", "", "There is no model 'retail'; there are 'user_tower', 'item_tower', 'small.user_tower', 'small.item_tower'.")]
    [InlineData("", "", "There is no model ''; there are 'user_tower', 'item_tower', 'small.user_tower', 'small.item_tower'.")]
    public async Task Call_OfAnUnknownModel_SaysWhatThereIs(string name, string version, string message)
    {
        CallFailure[] failures =
        [
            await RunningServer.FailAsync(_client.ModelMetadataAsync(new() { Name = name, Version = version })),
            await RunningServer.FailAsync(_client.ModelInferAsync(new() { ModelName = name, ModelVersion = version })),
        ];

        Assert.All(failures, failure => Assert.Equal((StatusCode.NotFound, "UNKNOWN_MODEL", message), (failure.Code, failure.Reason, failure.Message)));
    }

    [Fact]
    public async Task ModelInfer_WithParametersThatMeanNothingHere_Answers()
    {
        ModelInferRequest request = InferMessages.Items(true, 1);
        request.Parameters["priority"] = new() { Uint64Param = 5 };
        request.Parameters["timeout"] = new() { Int64Param = 20_000_000 };
        request.Parameters["sequence_id"] = new() { Int64Param = 17 };
        request.Inputs[0].Parameters["binary_data_size"] = new() { Int64Param = 8 };
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "item_embedding", Parameters = { ["binary_data"] = new() { BoolParam = true } } });

        Assert.Empty((await _client.ModelInferAsync(request)).Parameters);
    }

    internal static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f);
    }
}
