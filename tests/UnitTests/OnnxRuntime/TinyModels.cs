using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace UnitTests.OnnxRuntime;

/// <summary>ONNX models of a few hundred bytes, made by hand, opset 14, IR 7; each call gives bytes of its own, so that a test may damage them.</summary>
internal static class TinyModels
{
    /// <summary>y = x·W + b: x float [batch, 3], y float [batch, 2]; the metadata is filled.</summary>
    public static byte[] Linear => Model(LinearGraph());

    /// <summary><see cref="Linear"/> with W among the inputs too, so that it may be overridden.</summary>
    public static byte[] LinearWithOverridableWeights => Model(LinearGraph().Message(11, Tensor("W", TensorElementType.Float, 3, 2)));

    /// <summary>What <see cref="Linear"/> makes of (x0, x1, x2).</summary>
    public static (float Y0, float Y1) LinearOf(float x0, float x1, float x2) => (x0 + 3 * x1 + 5 * x2 + 10, 2 * x0 + 4 * x1 + 6 * x2 + 20);

    /// <summary>y = x for one element type, [n] each.</summary>
    public static byte[] Identity(TensorElementType type) => Model(
        new OnnxBytes()
            .Message(1, Node("Identity", ["x"], ["y"]))
            .Text(2, "identity")
            .Message(11, Tensor("x", type, "n"))
            .Message(12, Tensor("y", type, "n")));

    /// <summary>sum = a + b, difference = a − b: float [n] each, the names not of ASCII alone.</summary>
    public static byte[] TwoOutputs => Model(
        new OnnxBytes()
            .Message(1, Node("Add", ["a", "ü"], ["Σ"]))
            .Message(1, Node("Sub", ["a", "ü"], ["Δ"]))
            .Text(2, "two")
            .Message(11, Tensor("a", TensorElementType.Float, "n"))
            .Message(11, Tensor("ü", TensorElementType.Float, "n"))
            .Message(12, Tensor("Σ", TensorElementType.Float, "n"))
            .Message(12, Tensor("Δ", TensorElementType.Float, "n")));

    /// <summary>s = the sequence (x): an output that is no tensor.</summary>
    public static byte[] Sequence => Model(
        new OnnxBytes()
            .Message(1, Node("SequenceConstruct", ["x"], ["s"]))
            .Text(2, "sequence")
            .Message(11, Tensor("x", TensorElementType.Float, "n"))
            .Message(12, new OnnxBytes().Text(1, "s").Message(2, new OnnxBytes().Message(4, new OnnxBytes().Message(1, TensorType(TensorElementType.Float, ["n"]))))));

    /// <summary>y = x + 1 + 1 + …: a scalar, as many operators as asked for, and as many more inputs that are added in the end.</summary>
    public static byte[] ManyInputs(int count)
    {
        var graph = new OnnxBytes().Text(2, "many");
        string sum = "x0";
        for (int i = 1; i < count; i++)
        {
            string next = i == count - 1 ? "y" : $"sum{i}";
            graph.Message(1, Node("Add", [sum, $"x{i}"], [next]));
            sum = next;
        }
        for (int i = 0; i < count; i++)
            graph.Message(11, Tensor($"x{i}", TensorElementType.Float));
        return Model(graph.Message(12, Tensor("y", TensorElementType.Float)));
    }

    private static OnnxBytes LinearGraph() => new OnnxBytes()
        .Message(1, Node("MatMul", ["x", "W"], ["xW"]))
        .Message(1, Node("Add", ["xW", "b"], ["y"]))
        .Text(2, "linear")
        .Message(5, Initializer("W", [3, 2], 1, 2, 3, 4, 5, 6))
        .Message(5, Initializer("b", [2], 10, 20))
        .Text(10, "a graph")
        .Message(11, Tensor("x", TensorElementType.Float, "batch", 3))
        .Message(12, Tensor("y", TensorElementType.Float, "batch", 2));

    private static byte[] Model(OnnxBytes graph) => new OnnxBytes()
        .Int(1, 7)
        .Text(2, "by hand")
        .Text(4, "tests.example")
        .Int(5, 42)
        .Text(6, "a model")
        .Message(7, graph)
        .Message(8, new OnnxBytes().Text(1, "").Int(2, 14))
        .Message(14, new OnnxBytes().Text(1, "colour").Text(2, "grün"))
        .Message(14, new OnnxBytes().Text(1, "empty").Text(2, ""))
        .ToArray();

    private static OnnxBytes Node(string type, string[] inputs, string[] outputs)
    {
        var node = new OnnxBytes();
        foreach (string input in inputs)
            node.Text(1, input);
        foreach (string output in outputs)
            node.Text(2, output);
        return node.Text(4, type);
    }

    private static OnnxBytes Tensor(string name, TensorElementType type, params object[] dimensions) =>
        new OnnxBytes().Text(1, name).Message(2, TensorType(type, dimensions));

    private static OnnxBytes TensorType(TensorElementType type, object[] dimensions)
    {
        var shape = new OnnxBytes();
        foreach (object dimension in dimensions)
            shape.Message(1, dimension is string symbol ? new OnnxBytes().Text(2, symbol) : new OnnxBytes().Int(1, (int)dimension));
        return new OnnxBytes().Message(1, new OnnxBytes().Int(1, (int)type).Message(2, shape));
    }

    private static OnnxBytes Initializer(string name, long[] shape, params float[] values)
    {
        var tensor = new OnnxBytes();
        foreach (long dimension in shape)
            tensor.Int(1, dimension);
        return tensor.Int(2, (int)TensorElementType.Float).Text(8, name).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()));
    }
}
