using Google.Protobuf;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Towers.Onnx.Proto;
using Inference.Towers.Runtime;
using Inference.Vectors;
using UnitTests.Towers.Runtime;
using Xunit;
using static UnitTests.Towers.Runtime.TestTowers;

namespace UnitTests.Towers;

/// <summary>Models as other exporters shape them: they load from a manifest alone.</summary>
public sealed class OwnTowersTests
{
    [Fact]
    public async Task LoadAsync_WithHandWrittenManifest_ServesAModelOfOtherShape()
    {
        // int32 ids padded on the left, newest first, a bool mask that marks the padding, an age in years, unit vectors, cosine, no item tower, no hashes.
        const int dimension = 4, items = 6;
        float[] table = Table(items + 1, dimension);
        var graph = new OnnxGraph("session_encoder");
        OnnxValue ids = graph.Input("item_seq", OnnxType.Int32, "B", "T");
        OnnxValue padding = graph.Input("key_padding_mask", OnnxType.Bool, "B", "T");
        OnnxValue dense = graph.Input("dense", OnnxType.Float32, "B", 2);
        OnnxValue real = graph.Cast(graph.Node("Not", [padding]), OnnxType.Float32);
        OnnxValue mean = graph.MaskedMean(graph.Constant("emb", table, items + 1, dimension), graph.Cast(ids, OnnxType.Int64), real);
        OnnxValue query = graph.Add(mean, graph.MatMul(dense, graph.Constant("w", Table(2, dimension), 2, dimension)));
        graph.Output("query", graph.Normalize(query), OnnxType.Float32, "B", dimension);
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["query.onnx"], graph.ToBytes());
        NpyFile.Write(folder["vectors.npy"], table.AsSpan(dimension), items, dimension);
        await File.WriteAllTextAsync(folder["catalogue.jsonl"], string.Concat(Enumerable.Range(0, items).Select(row => $"{{\"id\":\"sku{row}\"}}\n")));
        await File.WriteAllTextAsync(folder["manifest.json"], """
            {
              "format_version": 1,
              "name": "mine", "version": "2024-05-01", "dimension": 4, "metric": "cosine", // a comment
              "user_tower": {
                "file": "query.onnx",
                "history": { "max_length": 3, "order": "latest_first", "pad_side": "left" },
                "inputs": [
                  { "name": "item_seq", "encoder": { "type": "history_ids", "offset": 1 } },
                  { "name": "key_padding_mask", "encoder": { "type": "history_mask", "real": 0, "pad": 1 } },
                  { "name": "dense", "encoder": { "type": "columns", "columns": [
                    { "type": "number", "feature": "age", "scale": 0.01, "missing": 0.3 },
                    { "type": "number", "feature": "premium" },
                  ] } },
                ],
              },
              "items": "catalogue.jsonl",
              "item_embeddings": "vectors.npy",
            }
            """);

        LoadedBundle loaded = await SmallWorld.LoadAsync(folder.Path);

        using Snapshot snapshot = loaded.Snapshot;
        Assert.Null(snapshot.ItemTower);
        Assert.Equal(Metric.Cosine, snapshot.Index.Metric);
        Assert.Equal(["age", "premium"], snapshot.UserTower.Features.Names.Order());
        var features = new FeatureSet(SmallWorld.Features(("age", FeatureValue.Of(50))));
        float[] embedding = await snapshot.UserTower.EncodeAsync(dimension, new UserTowerInput(features, new[] { 0, 1, 2, 3 }));
        Assert.Equal(1f, embedding.Sum(x => x * x), 1e-5f);
        // The latest three of the history, and half a year of the first row of w.
        float[] expected = [.. Enumerable.Range(0, dimension).Select(d => (table[2 * dimension + d] + table[3 * dimension + d] + table[4 * dimension + d]) / 3 + 0.5f * Table(2, dimension)[d])];
        float length = MathF.Sqrt(expected.Sum(x => x * x));
        AssertClose([.. expected.Select(x => x / length)], embedding);
    }

    [Fact]
    public async Task EncodeAsync_WithFixedBatchAndLength_PadsToBoth()
    {
        var world = new SmallWorld();
        var graph = new OnnxGraph("fixed");
        OnnxValue ids = graph.Input("ids", OnnxType.Int64, 4, SmallWorld.MaxHistory);
        // Padding counts here: the sum of all ids, where padding is -1. So the number of columns must be the graph's.
        OnnxValue sum = graph.Sum(graph.Cast(ids, OnnxType.Float32), graph.Constant("axis", [1L], 1));
        graph.Output("y", graph.Unsqueeze(sum, graph.Constant("last", [1L], 1)), OnnxType.Float32, 4, 1);
        using OnnxUserTower tower = Open(graph.ToBytes(), Manifest("ids", new HistoryIdsSpec { Pad = -1 }, maxLength: 6), 1, world.ItemCount);

        float[] embeddings = await tower.EncodeAsync(1, [.. Enumerable.Range(0, 10).Select(i => User(null, [.. Enumerable.Range(0, i)]))]);

        Assert.Equal(4, tower.Runner.MaxBatch);
        for (int i = 0; i < 10; i++)
            Assert.Equal(Enumerable.Range(0, i).TakeLast(6).Sum() - (SmallWorld.MaxHistory - Math.Min(i, 6)), embeddings[i]);
    }

    [Fact]
    public void Open_WithHistoryLongerThanTheGraph_IsRefused()
    {
        var graph = new OnnxGraph("fixed");
        graph.Output("y", graph.Cast(graph.Input("ids", OnnxType.Int64, "batch", 5), OnnxType.Float32), OnnxType.Float32, "batch", 5);
        var refused = Assert.Throws<BundleException>(() => Open(graph.ToBytes(), Manifest("ids", new HistoryIdsSpec(), maxLength: 6), 5));
        Assert.Contains("'max_length' is 6, but the graph takes 5 items", Assert.Single(refused.Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("batch sizes", "but of 3 at another")]
    [InlineData("scalar", "is a scalar in the graph; inputs need a batch axis")]
    [InlineData("string", "the graph wants String")]
    [InlineData("open", "open that is not the batch")]
    [InlineData("output rank", "an embedding is [batch, 1], but the graph has [-1]")]
    [InlineData("output type", "an embedding is 'float32' or 'float16', but the graph has int64")]
    [InlineData("huge", "can be served")]
    public void Open_WithGraphThatHasNoBatchOfRows_IsRefused(string fault, string reason)
    {
        var graph = new OnnxGraph("odd");
        OnnxDim[] shape = fault switch { "batch sizes" => [3, 1], "scalar" => [], "open" => ["batch", "a", "b"], "huge" => [100_000, 1], _ => ["batch", 1] };
        OnnxValue x = graph.Input("x", fault == "string" ? (OnnxType)8 : OnnxType.Int64, shape);
        OnnxValue real = fault == "string" ? graph.Constant("c", [1f], 1, 1) : graph.Cast(x, OnnxType.Float32);
        if (fault == "output rank")
            graph.Output("y", graph.Sum(real, graph.Constant("axis", [1L], 1)), OnnxType.Float32, "batch");
        else if (fault == "output type")
            graph.Output("y", x, OnnxType.Int64, "batch", 1);
        else if (fault == "batch sizes")
            graph.Output("y", graph.Node("Concat", [real, real], OnnxAttribute.Of("axis", 0)), OnnxType.Float32, 6, 1);
        else if (fault is "scalar" or "open")
            graph.Output("y", graph.Constant("d", [1f], 1, 1), OnnxType.Float32, "batch", 1);
        else
            graph.Output("y", real, OnnxType.Float32, shape[0], 1);

        var refused = Assert.Throws<BundleException>(() => Open(graph.ToBytes(), Manifest("x", new ConstantSpec { Values = [1] }), 1));
        Assert.Contains(refused.Reasons, one => one.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task EncodeAsync_WithEveryElementType_FeedsAndReadsThem()
    {
        var graph = new OnnxGraph("types");
        OnnxValue sum = graph.Constant("zero", [0f], 1, 1);
        var inputs = new List<InputManifest>();
        foreach ((OnnxType type, string name) in ((OnnxType, string)[])
            [(OnnxType.Float32, "float32"), (OnnxType.Float16, "float16"), (OnnxType.Float64, "float64"), (OnnxType.Int64, "int64"), (OnnxType.Int32, "int32"), (OnnxType.Bool, "bool")])
        {
            sum = graph.Add(sum, graph.Cast(graph.Input(name, type, "batch", 1), OnnxType.Float32));
            inputs.Add(new InputManifest { Name = name, Dtype = name, Shape = [-1, 1], Encoder = new NumberSpec { Feature = "x" } });
        }

        graph.Output("half", graph.Cast(sum, OnnxType.Float16), OnnxType.Float16, "batch", 1);
        using OnnxUserTower tower = Open(graph.ToBytes(), new TowerManifest { Inputs = inputs }, 1);

        float[] embeddings = await tower.EncodeAsync(1, One(3), One(0), One(-2));

        // A bool is 1 for all but zero.
        Assert.Equal([16f, 0f, -9f], embeddings);

        static UserTowerInput One(double x) => new(new FeatureSet(SmallWorld.Features(("x", FeatureValue.Of(x)))), default);
    }

    [Fact]
    public async Task LoadAsync_WithWeightsInAFileBeside_FindsThem()
    {
        var world = new SmallWorld();
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(world.Content());
        (byte[] model, byte[] weights) = MoveWeightsOut(world.UserModel(), "user_tower.onnx.data");
        bundle.Replace("user_tower.onnx", model);
        bundle.Replace("user_tower.onnx.data", weights);

        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);

        loaded.Snapshot.Dispose();
        Assert.Equal(4, loaded.GoldenCases);
        weights[5] ^= 0x40;
        await File.WriteAllBytesAsync(bundle["user_tower.onnx.data"], weights);
        await bundle.RefuseAsync("user_tower.onnx.data: has the SHA-256");
    }

    [Theory]
    [InlineData("../outside", "which is not a plain file beside the model")]
    [InlineData("/etc/hostname", "which is not a plain file beside the model")]
    [InlineData("", "which is not a plain file beside the model")]
    [InlineData("unlisted.data", "which 'files' does not list")]
    public async Task LoadAsync_WithWeightsFromElsewhere_IsRefused(string location, string reason)
    {
        var world = new SmallWorld();
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(world.Content());
        bundle.Replace("user_tower.onnx", MoveWeightsOut(world.UserModel(), location).Model);
        await File.WriteAllBytesAsync(bundle["unlisted.data"], new byte[10_000]);
        await bundle.RefuseAsync(reason);
    }

    [Fact]
    public async Task LoadAsync_WithModelThatDependsOnPadding_IsFoundByTheGoldenCases()
    {
        // A mean over all columns instead of the real ones: right alone, wrong beside a longer history.
        var world = new SmallWorld();
        var graph = new OnnxGraph("careless");
        OnnxValue ids = graph.Input("ids", OnnxType.Int64, "batch", "history");
        graph.Output("y", graph.Node("ReduceMean", [graph.Gather(graph.Constant("t", Table(21, 8), 21, 8), ids)], OnnxAttribute.Of("axes", [1L]), OnnxAttribute.Of("keepdims", 0)), OnnxType.Float32, "batch", 8);
        BundleContent content = world.Content() with { UserTower = new TowerContent { Model = graph.ToBytes(), Manifest = Manifest("ids", new HistoryIdsSpec { Offset = 1 }, 10) }, Golden = null };
        using OpenedTowers towers = OpenedTowers.Open(content, new(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        GoldenFile golden = await towers.MakeGoldenAsync([.. Enumerable.Range(1, 3).Select(n => new BundleUser { Id = "", History = [.. Enumerable.Range(0, n).Select(SmallWorld.IdOf)] })], await towers.EmbedItemsAsync());
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(content with { Golden = golden });

        Assert.All(await bundle.RefuseAsync(), reason => Assert.Contains("the model's answer depends on padding", reason, StringComparison.Ordinal));

        bundle.EditManifest(manifest => manifest["user_tower"]!["max_batch"] = 1);
        (await SmallWorld.LoadAsync(bundle.Path)).Snapshot.Dispose();
    }

    [Fact]
    public async Task LoadAsync_WithModelThatNeverEnds_GivesUp()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("item_tower.onnx", EndlessModel());
        bundle.EditManifest(manifest => manifest["item_tower"]!["inputs"]![0]!["name"] = "x");

        Task<IReadOnlyList<string>> refused = bundle.RefuseAsync(new Inference.Towers.TowerOptions { LoadRunTimeout = TimeSpan.FromSeconds(1) });

        Assert.Contains("took more than 00:00:01", (await refused.WaitAsync(TimeSpan.FromSeconds(60)))[0], StringComparison.Ordinal);
    }

    /// <summary>A loop without end: its condition stays true.</summary>
    private static byte[] EndlessModel()
    {
        var graph = new OnnxGraph("endless");
        OnnxValue x = graph.Input("x", OnnxType.Int64, "batch");
        OnnxValue real = graph.Cast(graph.Unsqueeze(x, graph.Constant("axis", [1L], 1)), OnnxType.Float32);
        graph.Output("item_embedding", real, OnnxType.Float32, "batch", SmallWorld.Dimension);
        ModelProto model = ModelProto.Parser.ParseFrom(graph.ToBytes());
        GraphProto outer = model.Graph;
        outer.Initializer.Add(new TensorProto { Name = "forever", DataType = 7, RawData = ByteString.CopyFrom(BitConverter.GetBytes(long.MaxValue)) });
        outer.Initializer.Add(new TensorProto { Name = "go", DataType = 9, RawData = ByteString.CopyFrom(1) });
        var body = new GraphProto { Name = "body" };
        body.Input.Add(Info("i", 7));
        body.Input.Add(Info("go_in", 9));
        body.Input.Add(Info("v", 1, "batch", "d"));
        body.Node.Add(new NodeProto { OpType = "Identity", Input = { "go_in" }, Output = { "go_out" } });
        body.Node.Add(new NodeProto { OpType = "Neg", Input = { "v" }, Output = { "v_out" } });
        body.Output.Add(Info("go_out", 9));
        body.Output.Add(Info("v_out", 1, "batch", "d"));
        NodeProto last = outer.Node[^1];
        string source = last.Input[0];
        last.Input[0] = "looped";
        outer.Node.Insert(outer.Node.Count - 1, new NodeProto
        {
            OpType = "Loop",
            Input = { "forever", "go", source },
            Output = { "looped" },
            Attribute = { new AttributeProto { Name = "body", Type = AttributeProto.Types.AttributeType.Graph, G = body } },
        });
        return model.ToByteArray();

        static ValueInfoProto Info(string name, int type, params string[] dims)
        {
            var shape = new TensorShapeProto();
            foreach (string dim in dims)
                shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = dim });
            return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
        }
    }

    /// <summary>Moves the weights of a model into a file, as exporters of large models do.</summary>
    private static (byte[] Model, byte[] Weights) MoveWeightsOut(byte[] content, string location)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(content);
        using var weights = new MemoryStream();
        foreach (TensorProto tensor in model.Graph.Initializer.Where(tensor => tensor.RawData.Length > 100))
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{weights.Length}" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{tensor.RawData.Length}" });
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            weights.Write(tensor.RawData.Span);
            tensor.ClearRawData();
        }

        return (model.ToByteArray(), weights.ToArray());
    }

    private static TowerManifest Manifest(string input, EncoderSpec encoder, int? maxLength = null) => new()
    {
        Inputs = [new InputManifest { Name = input, Encoder = encoder }],
        History = maxLength is null ? null : new HistoryManifest { MaxLength = maxLength },
    };

    private static float[] Table(int rows, int dimension)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, rows * dimension).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
