using Microsoft.ML.OnnxRuntime.Interop;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Element type and shape of a tensor.</summary>
public struct OrtTensorTypeAndShapeInfo
{
    /// <summary>Copies all there is to know from a native <c>OrtTensorTypeAndShapeInfo</c>.</summary>
    internal unsafe OrtTensorTypeAndShapeInfo(nint native)
    {
        OrtApiTable* api = OrtLibrary.Api;
        int elementType;
        nuint count, rank;
        OrtStatus.ThrowIfFailed(api->GetTensorElementType(native, &elementType));
        OrtStatus.ThrowIfFailed(api->GetTensorShapeElementCount(native, &count));
        OrtStatus.ThrowIfFailed(api->GetDimensionsCount(native, &rank));
        Shape = new long[rank];
        fixed (long* shape = Shape)
            OrtStatus.ThrowIfFailed(api->GetDimensions(native, shape, rank));
        ElementDataType = (TensorElementType)elementType;
        ElementCount = (long)count;
    }

    public TensorElementType ElementDataType { get; }

    public bool IsString => ElementDataType == TensorElementType.String;

    /// <summary>The product of the dimensions.</summary>
    public long ElementCount { get; }

    /// <summary>The rank.</summary>
    public int DimensionsCount => Shape.Length;

    public long[] Shape { get; }
}
