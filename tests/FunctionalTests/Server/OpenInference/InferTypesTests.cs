using Google.Protobuf;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using OpenInferenceProtocol.V2;
using UnitTests.Towers;
using Xunit;
using InputTensor = OpenInferenceProtocol.V2.ModelInferRequest.Types.InferInputTensor;
using TensorMetadata = OpenInferenceProtocol.V2.ModelMetadataResponse.Types.TensorMetadata;

namespace FunctionalTests.Server.OpenInference;

/// <summary>A user tower with an input of every type, axes that the graph names, and several outputs, one of them FP16; and an item tower of one batch size.</summary>
public sealed class InferTypesTests : IAsyncLifetime
{
    private const int Terms = 4;

    private RunningServer _server = null!;
    private GRPCInferenceService.GRPCInferenceServiceClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync(change: content => content with
        {
            UserTower = new TowerContent { Model = UserModel(), Manifest = UserManifest() },
            ItemTower = new TowerContent { Model = ItemModel(), Manifest = SmallWorld.ItemManifest() },
            Golden = null,
        });
        _client = new(_server.Channel);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task ModelMetadata_HasEveryTypeAndTheSizesThatAreFixed()
    {
        ModelMetadataResponse user = await _client.ModelMetadataAsync(new() { Name = "user_tower" });
        ModelMetadataResponse item = await _client.ModelMetadataAsync(new() { Name = "item_tower" });

        Assert.Equal(["flags: BOOL -1 2", "half: FP16 -1 3", "row: INT32 -1", "weight: FP64 -1 -1", "factor: FP32 -1 -1"], user.Inputs.Select(Describe));
        Assert.Equal(["user_embedding: FP16 -1 8", "wide: FP64 -1 8", "seen: BOOL -1 2", "place: INT32 -1"], user.Outputs.Select(Describe));
        Assert.Equal(["item_id: INT64 4"], item.Inputs.Select(Describe));
        Assert.Equal(["item_embedding: FP32 4 8"], item.Outputs.Select(Describe));
    }

    [Fact]
    public async Task ModelInfer_WithRawContents_TakesAndGivesEveryType()
    {
        ModelInferResponse response = await _client.ModelInferAsync(Request());

        float[] expected = Expected();
        Assert.Equal(expected, response.Elements<double>("wide").Select(value => (float)value));
        Assert.Equal(expected.Select(value => (Half)value), response.Elements<Half>("user_embedding"));
        Assert.Equal([true, false, true, true], response.Elements<bool>("seen"));
        Assert.Equal([3, 0], response.Elements<int>("place"));
    }

    [Fact]
    public async Task ModelInfer_WithWantedOutputs_GivesThoseInThatOrder()
    {
        ModelInferRequest request = Request();
        request.Outputs.Add([new() { Name = "place" }, new() { Name = "wide" }]);

        ModelInferResponse response = await _client.ModelInferAsync(request);

        Assert.Equal(["place", "wide"], response.Outputs.Select(output => output.Name));
        Assert.Equal([8, 2 * 8 * 8], response.RawOutputContents.Select(content => content.Length));
        Assert.Equal(Expected(), response.Elements<double>("wide").Select(value => (float)value));
    }

    [Fact]
    public async Task ModelInfer_WithFp16InLists_SaysHowItIsSent()
    {
        ModelInferRequest request = Request();
        request.RawInputContents.Clear();
        foreach (InputTensor input in request.Inputs)
            input.Contents = new InferTensorContents();
        request.Inputs[0].Contents.BoolContents.Add([true, false, true, true]);
        request.Inputs[2].Contents.IntContents.Add([3, 0]);
        request.Inputs[3].Contents.Fp64Contents.Add(new double[4]);
        request.Inputs[4].Contents.Fp32Contents.Add(new float[4]);

        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(request));

        var violation = Assert.Single(failure.Violations);
        Assert.Equal(("inputs[1].contents", "cannot hold FP16; send all inputs in raw_input_contents."), (violation.Field, violation.Description));
    }

    [Fact]
    public async Task ModelInfer_WithAByteThatIsNoTruthValue_IsRefused()
    {
        ModelInferRequest request = Request();
        request.RawInputContents[0] = ByteString.CopyFrom(1, 0, 7, 1);

        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(request));

        Assert.Equal("has 7 at byte 2; BOOL is 0 or 1.", Assert.Single(failure.Violations).Description);
    }

    [Theory]
    [InlineData(4, 3, 2, "inputs[4].shape[1]", "is 2, but inputs[3].shape[1] is 3; the terms has one size.")]
    [InlineData(3, 5, 5, "inputs[3].shape[1]", "is 5; the terms can be 1 to 4.")]
    public async Task ModelInfer_WithNamedAxesThatDoNotFit_IsRefused(int input, int weights, int factors, string field, string description)
    {
        Assert.StartsWith($"inputs[{input}]", field, StringComparison.Ordinal);

        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(Request(weights, factors)));

        Assert.Contains((field, description), failure.Violations.Select(violation => (violation.Field, violation.Description)));
    }

    [Fact]
    public async Task ModelInfer_OfAGraphOfOneBatchSize_TakesThatAndNoOther()
    {
        ModelInferResponse four = await _client.ModelInferAsync(InferMessages.Items(false, 1, 2, 3, 4));
        CallFailure three = await RunningServer.FailAsync(_client.ModelInferAsync(InferMessages.Items(false, 1, 2, 3)));

        Assert.Equal([4, 8], four.Outputs[0].Shape);
        Assert.Equal("is 3; the model takes 4.", Assert.Single(three.Violations).Description);
    }

    /// <summary>Two users; the weights and factors are 1, 2, … of each.</summary>
    private static ModelInferRequest Request(int weights = 2, int factors = 2) => new ModelInferRequest { ModelName = "user_tower" }
        .With(true, "flags", "BOOL", [2, 2], [true, false, true, true])
        .With(true, "half", "FP16", [2, 3], [(Half)0.5, (Half)1, (Half)2, (Half)0, (Half)0, (Half)(-4)])
        .With(true, "row", "INT32", [2], [3, 0])
        .With(true, "weight", "FP64", [2, weights], [.. Enumerable.Range(1, 2 * weights).Select(value => (double)value)])
        .With(true, "factor", "FP32", [2, factors], [.. Enumerable.Range(1, 2 * factors).Select(value => (float)value)]);

    /// <summary>Row of the table, plus half, plus flags, plus weights by factors.</summary>
    private static float[] Expected() =>
    [
        .. Table()[24..32].Select(value => value + 3.5f + 1 + (1 + 4)),
        .. Table()[0..8].Select(value => value - 4 + 2 + (9 + 16)),
    ];

    private static float[] Table() => [.. Enumerable.Range(0, 5 * SmallWorld.Dimension).Select(value => value / 8f)];

    private static byte[] UserModel()
    {
        var graph = new OnnxGraph("typed");
        OnnxValue flags = graph.Input("flags", OnnxType.Bool, "batch", 2);
        OnnxValue half = graph.Input("half", OnnxType.Float16, "batch", 3);
        OnnxValue row = graph.Input("row", OnnxType.Int32, "batch");
        OnnxValue weight = graph.Input("weight", OnnxType.Float64, "batch", "terms");
        OnnxValue factor = graph.Input("factor", OnnxType.Float32, "batch", "terms");
        OnnxValue axis = graph.Constant("axis", [1L], 1);
        OnnxValue embedding = graph.Gather(graph.Constant("table", Table(), 5, SmallWorld.Dimension), row);
        foreach (OnnxValue part in (OnnxValue[])[graph.Cast(half, OnnxType.Float32), graph.Cast(flags, OnnxType.Float32), graph.Multiply(graph.Cast(weight, OnnxType.Float32), factor)])
            embedding = graph.Add(embedding, graph.Unsqueeze(graph.Sum(part, axis), axis));
        graph.Output("user_embedding", graph.Cast(embedding, OnnxType.Float16), OnnxType.Float16, "batch", SmallWorld.Dimension);
        graph.Output("wide", graph.Cast(embedding, OnnxType.Float64), OnnxType.Float64, "batch", SmallWorld.Dimension);
        graph.Output("seen", flags, OnnxType.Bool, "batch", 2);
        graph.Output("place", row, OnnxType.Int32, "batch");
        return graph.ToBytes();
    }

    private static TowerManifest UserManifest() => new()
    {
        Output = "user_embedding",
        Inputs =
        [
            new InputManifest { Name = "factor", Encoder = new ConstantSpec { Values = [1, 1, 1, 1] } },
            new InputManifest { Name = "flags", Encoder = new NumberListSpec { Feature = "flags" } },
            new InputManifest { Name = "half", Encoder = new NumberListSpec { Feature = "half" } },
            new InputManifest { Name = "row", Encoder = new IntegerSpec { Feature = "row", Min = 0, Max = 4 } },
            new InputManifest { Name = "weight", Encoder = new NumberListSpec { Feature = "weight", Length = Terms } },
        ],
    };

    private static byte[] ItemModel()
    {
        SmallWorld world = RunningServer.World;
        var graph = new OnnxGraph("four");
        OnnxValue table = graph.Constant("items", [.. new float[SmallWorld.Dimension], .. Enumerable.Range(0, world.ItemCount).SelectMany(world.ItemVector)], world.ItemCount + 1, SmallWorld.Dimension);
        graph.Output("item_embedding", graph.Gather(table, graph.Input("item_id", OnnxType.Int64, 4)), OnnxType.Float32, 4, SmallWorld.Dimension);
        return graph.ToBytes();
    }

    private static string Describe(TensorMetadata tensor) => $"{tensor.Name}: {tensor.Datatype} {string.Join(' ', tensor.Shape)}";
}
