using Inference.Towers.Onnx;
using Inference.Towers.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.Towers.Onnx;

public sealed class OnnxGraphTests
{
    [Fact]
    public void ToBytes_WithEveryOperator_IsWhatTheRuntimeComputes()
    {
        var graph = new OnnxGraph("operators");
        OnnxValue ids = graph.Input("ids", OnnxType.Int32, "batch", "length");
        OnnxValue mask = graph.Input("mask", OnnxType.Bool, "batch", "length");
        OnnxValue table = graph.Constant("table", [0f, 9, 3, 4, 6, 8], 3, 2);
        OnnxValue mean = graph.MaskedMean(table, graph.Cast(ids, OnnxType.Int64), graph.Cast(mask, OnnxType.Float32));
        OnnxValue dense = graph.Dense(mean, graph.Constant("w", [1f, 0, 0, -1], 2, 2), graph.Constant("b", [0f, 1], 2));
        graph.Output("unit", graph.Normalize(graph.Concat(1, mean, graph.Relu(dense))), OnnxType.Float32, "batch", 4);
        graph.Output("tanh", graph.Tanh(dense), OnnxType.Float32, "batch", 2);

        using SessionOptions options = OnnxEnvironment.NewSessionOptions(1, NullLogger.Instance);
        using var session = new InferenceSession(graph.ToBytes(), options);
        using OrtValue idValues = OrtValue.CreateTensorValueFromMemory(new[] { 1, 2, 0, 0, 0, 0 }, [2, 3]);
        using OrtValue maskValues = OrtValue.CreateTensorValueFromMemory(new[] { true, true, false, false, false, false }, [2, 3]);
        using var run = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, ["ids", "mask"], [idValues, maskValues], ["unit", "tanh"]);

        // The mean of (3,4) and (6,8) is (4.5,6); the layer gives (4.5,-5), of which ReLU leaves (4.5,0). The second row has nothing: (0,0), and the layer (0,1).
        double length = Math.Sqrt(4.5 * 4.5 + 36 + 4.5 * 4.5);
        float[] unit = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        Assert.Equal([4.5 / length, 6 / length, 4.5 / length, 0, 0, 0, 0, 1], unit.Select(x => (double)x), (a, b) => Math.Abs(a - b) < 1e-6);
        float[] tanh = outputs[1].GetTensorDataAsSpan<float>().ToArray();
        Assert.Equal([Math.Tanh(4.5), Math.Tanh(-5), 0, Math.Tanh(1)], tanh.Select(x => (double)x), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Inputs_KeepTypesAndSymbolicDimensions()
    {
        var graph = new OnnxGraph("types");
        foreach (OnnxType type in (OnnxType[])[OnnxType.Float32, OnnxType.Float64, OnnxType.Float16, OnnxType.Int64, OnnxType.Int32, OnnxType.Bool])
            graph.Output($"{type}_out", graph.Input($"{type}", type, "batch", 3), type, "batch", 3);

        using SessionOptions options = OnnxEnvironment.NewSessionOptions(1, NullLogger.Instance);
        using var session = new InferenceSession(graph.ToBytes(), options);

        Assert.Equal(6, session.InputMetadata.Count);
        foreach ((string name, NodeMetadata node) in session.InputMetadata)
        {
            Assert.Equal([-1, 3], node.Dimensions);
            Assert.Equal("batch", node.SymbolicDimensions[0]);
            Assert.Equal((int)Enum.Parse<OnnxType>(name), (int)node.ElementDataType);
        }
    }

    [Fact]
    public void ToBytes_OfTheSameCalls_GivesTheSameBytes() => Assert.Equal(new SmallWorld().UserModel(), new SmallWorld().UserModel());

    [Fact]
    public void Build_WithMistakes_Throws()
    {
        var graph = new OnnxGraph("mistakes");
        OnnxValue x = graph.Input("x", OnnxType.Float32, "batch");
        Assert.Throws<ArgumentException>(() => graph.Input("x", OnnxType.Float32, "batch"));
        Assert.Throws<ArgumentException>(() => graph.Constant("c", [1f, 2f], 3));
        Assert.Throws<ArgumentException>(() => graph.Relu(new OnnxValue("nobody")));
        Assert.Throws<ArgumentException>(() => graph.Relu(default));
        Assert.Throws<InvalidOperationException>(graph.ToBytes);
        graph.Output("y", x, OnnxType.Float32, "batch");
        Assert.Throws<ArgumentException>(() => graph.Output("y", x, OnnxType.Float32, "batch"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxGraph("old", opset: 9));
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxDim.Of(-1));
    }
}
