using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Inference.Towers.Onnx.Proto;

namespace Inference.Towers.Onnx;

/// <summary>
/// Builds an ONNX model in memory: declare inputs, add constants and nodes in the order of the computation, declare outputs, take the bytes.
/// <code>
/// var graph = new OnnxGraph("item_tower");
/// OnnxValue id = graph.Input("item_id", OnnxType.Int64, "batch");
/// OnnxValue table = graph.Constant("table", weights, rows, 64);
/// graph.Output("item_embedding", graph.Gather(table, id), OnnxType.Float32, "batch", 64);
/// byte[] model = graph.ToBytes();
/// </code>
/// The usual operators are methods of <see cref="OnnxOperators"/>; any other one is a <see cref="Node(string, ReadOnlySpan{OnnxValue}, ReadOnlySpan{OnnxAttribute})"/>.
/// </summary>
public sealed class OnnxGraph
{
    /// <summary>File format version 8 goes with operator sets up to 18, and every runtime of the last years reads it.</summary>
    private const long IrVersion = 8;

    private readonly GraphProto _graph;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly int _opset;
    private int _nodes;

    /// <param name="name">Name of the graph.</param>
    /// <param name="opset">Version of the standard operator set, 13 to 18: axes of reductions are inputs or attributes depending on it, see <see cref="OnnxOperators"/>.</param>
    public OnnxGraph(string name, int opset = 17)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(opset, 13);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(opset, 18);
        _graph = new GraphProto { Name = name };
        _opset = opset;
    }

    /// <summary>Declares an input.</summary>
    /// <param name="name">Its name, by which callers feed it.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Dimensions; the batch axis first and symbolic.</param>
    public OnnxValue Input(string name, OnnxType type, params ReadOnlySpan<OnnxDim> shape)
    {
        OnnxValue value = Declare(name);
        _graph.Input.Add(Info(name, type, shape));
        return value;
    }

    /// <summary>Adds a constant of float32 numbers, row-major.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many numbers.</exception>
    public OnnxValue Constant(string name, ReadOnlySpan<float> data, params ReadOnlySpan<int> shape) => Constant(name, OnnxType.Float32, MemoryMarshal.AsBytes(data), data.Length, shape);

    /// <summary>Adds a constant of int64 numbers, row-major.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many numbers.</exception>
    public OnnxValue Constant(string name, ReadOnlySpan<long> data, params ReadOnlySpan<int> shape) => Constant(name, OnnxType.Int64, MemoryMarshal.AsBytes(data), data.Length, shape);

    /// <summary>Adds a constant of int8 numbers, row-major: quantised weights, for "DequantizeLinear" or "MatMulInteger".</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many numbers.</exception>
    public OnnxValue Constant(string name, ReadOnlySpan<sbyte> data, params ReadOnlySpan<int> shape) => Constant(name, OnnxType.Int8, MemoryMarshal.AsBytes(data), data.Length, shape);

    /// <summary>Adds a node with one output.</summary>
    /// <param name="op">Operator of the standard set, for example "MatMul".</param>
    /// <param name="inputs">What it reads, in the operator's order.</param>
    /// <param name="attributes">Its compile-time arguments.</param>
    /// <exception cref="ArgumentException">An input is no value of this graph.</exception>
    public OnnxValue Node(string op, ReadOnlySpan<OnnxValue> inputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        Span<OnnxValue> output = [default];
        Node(op, inputs, output, attributes);
        return output[0];
    }

    /// <summary>Adds a node with several outputs.</summary>
    /// <param name="op">Operator of the standard set, for example "TopK".</param>
    /// <param name="inputs">What it reads, in the operator's order.</param>
    /// <param name="outputs">Receives what it gives, in the operator's order; its length is how many outputs are wanted.</param>
    /// <param name="attributes">Its compile-time arguments.</param>
    /// <exception cref="ArgumentException">An input is no value of this graph.</exception>
    public void Node(string op, ReadOnlySpan<OnnxValue> inputs, Span<OnnxValue> outputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        ArgumentException.ThrowIfNullOrEmpty(op);
        string name = string.Create(CultureInfo.InvariantCulture, $"{op}_{_nodes++}");
        var node = new NodeProto { OpType = op, Name = name };
        foreach (OnnxValue input in inputs)
            node.Input.Add(Known(input));
        foreach (OnnxAttribute attribute in attributes)
            node.Attribute.Add(attribute.Proto);
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = Declare(string.Create(CultureInfo.InvariantCulture, $"{name}:{i}"));
            node.Output.Add(outputs[i].Name);
        }

        _graph.Node.Add(node);
    }

    /// <summary>Declares an output: gives a value the name by which callers ask for it.</summary>
    /// <exception cref="ArgumentException">The value is none of this graph, or the name is taken.</exception>
    public void Output(string name, OnnxValue value, OnnxType type, params ReadOnlySpan<OnnxDim> shape)
    {
        Declare(name);
        _graph.Node.Add(new NodeProto { OpType = "Identity", Name = "Output_" + name, Input = { Known(value) }, Output = { name } });
        _graph.Output.Add(Info(name, type, shape));
    }

    /// <summary>The model as the content of an .onnx file. The same calls give the same bytes.</summary>
    /// <exception cref="InvalidOperationException">No output was declared.</exception>
    public byte[] ToBytes()
    {
        if (_graph.Output.Count == 0)
            throw new InvalidOperationException($"The graph '{_graph.Name}' has no output.");
        var model = new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "inference",
            Graph = _graph,
            OpsetImport = { new OperatorSetIdProto { Version = _opset } },
        };
        return model.ToByteArray();
    }

    private OnnxValue Constant(string name, OnnxType type, ReadOnlySpan<byte> littleEndian, int count, ReadOnlySpan<int> shape)
    {
        long elements = 1;
        foreach (int size in shape)
            elements *= size;
        if (elements != count)
            throw new ArgumentException($"Constant '{name}' of shape [{string.Join(", ", shape.ToArray())}] holds {elements} numbers, not {count}.", nameof(shape));
        OnnxValue value = Declare(name);
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(littleEndian) };
        foreach (int size in shape)
            tensor.Dims.Add(size);
        _graph.Initializer.Add(tensor);
        return value;
    }

    private OnnxValue Declare(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return _names.Add(name) ? new OnnxValue(name) : throw new ArgumentException($"The graph '{_graph.Name}' has two values named '{name}'.", nameof(name));
    }

    private string Known(OnnxValue value) =>
        value.Name is not null && _names.Contains(value.Name) ? value.Name : throw new ArgumentException($"'{value.Name}' is no value of the graph '{_graph.Name}'.", nameof(value));

    private static ValueInfoProto Info(string name, OnnxType type, ReadOnlySpan<OnnxDim> shape)
    {
        var dims = new TensorShapeProto();
        foreach (OnnxDim dim in shape)
            dims.Dim.Add(dim.Size is long size ? new TensorShapeProto.Types.Dimension { DimValue = size } : new TensorShapeProto.Types.Dimension { DimParam = dim.Name ?? "unknown" });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dims } } };
    }
}
