using Microsoft.ML.OnnxRuntime.Interop;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Type and, for tensors, element type and shape of an input or output of a model.</summary>
public sealed class NodeMetadata
{
    private readonly TensorElementType _elementDataType;
    private readonly int[] _dimensions = [];
    private readonly string[] _symbolicDimensions = [];

    /// <summary>Of anything that is no tensor: only its kind is known in this subset.</summary>
    internal NodeMetadata(OnnxValueType onnxValueType) => OnnxValueType = onnxValueType;

    /// <exception cref="OnnxRuntimeException">The element type has no .NET type.</exception>
    internal NodeMetadata(OnnxValueType onnxValueType, TensorElementType elementDataType, int[] dimensions, string[] symbolicDimensions)
    {
        if (TensorElement.TypeOf(elementDataType) is null)
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"Unregistered TensorElementType value of: {elementDataType}");
        OnnxValueType = onnxValueType;
        _elementDataType = elementDataType;
        _dimensions = dimensions;
        _symbolicDimensions = symbolicDimensions;
    }

    public OnnxValueType OnnxValueType { get; }

    public bool IsTensor => OnnxValueType is OnnxValueType.ONNX_TYPE_TENSOR or OnnxValueType.ONNX_TYPE_SPARSETENSOR;

    /// <summary>The dimensions, -1 where one is not fixed. Tensors only.</summary>
    public int[] Dimensions => Tensor._dimensions;

    /// <summary>Per dimension its name, such as <c>batch</c>, or "" if it has none. Tensors only.</summary>
    public string[] SymbolicDimensions => Tensor._symbolicDimensions;

    /// <summary>The .NET type of the elements. Tensors only.</summary>
    public Type ElementType => TensorElement.TypeOf(Tensor._elementDataType)!;

    /// <summary>The type of the elements. Tensors only.</summary>
    public TensorElementType ElementDataType => Tensor._elementDataType;

    /// <summary>Whether the elements are strings. Tensors only.</summary>
    public bool IsString => Tensor._elementDataType == TensorElementType.String;

    private NodeMetadata Tensor => IsTensor ? this : throw new OnnxRuntimeException(ErrorCode.Fail, "OnnxValueType must either be a tensor or sparse tensor");
}
