using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>Reads a native <c>OrtTypeInfo</c>.</summary>
internal static unsafe class NodeMetadataReader
{
    /// <param name="typeInfo">Owned; released when this returns or throws.</param>
    public static NodeMetadata ReadAndRelease(nint typeInfo)
    {
        OrtApiTable* api = OrtLibrary.Api;
        try
        {
            int type;
            OrtStatus.ThrowIfFailed(api->GetOnnxTypeFromTypeInfo(typeInfo, &type));
            var onnxType = (OnnxValueType)type;
            if (onnxType is not (OnnxValueType.ONNX_TYPE_TENSOR or OnnxValueType.ONNX_TYPE_SPARSETENSOR))
                return new NodeMetadata(onnxType);

            nint tensor; // belongs to typeInfo
            OrtStatus.ThrowIfFailed(api->CastTypeInfoToTensorInfo(typeInfo, &tensor));
            return tensor == 0
                ? throw new OnnxRuntimeException(ErrorCode.Fail, "TypeInfo cast to TensorTypeInfo failed. The object does not represent a tensor")
                : ReadTensor(api, onnxType, tensor);
        }
        finally
        {
            api->ReleaseTypeInfo(typeInfo);
        }
    }

    private static NodeMetadata ReadTensor(OrtApiTable* api, OnnxValueType onnxType, nint tensor)
    {
        int elementType;
        nuint rank;
        OrtStatus.ThrowIfFailed(api->GetTensorElementType(tensor, &elementType));
        OrtStatus.ThrowIfFailed(api->GetDimensionsCount(tensor, &rank));

        long[] dimensions = new long[rank];
        fixed (long* values = dimensions)
            OrtStatus.ThrowIfFailed(api->GetDimensions(tensor, values, rank));

        nint[] symbols = new nint[rank]; // the texts belong to the tensor info
        fixed (nint* texts = symbols)
            OrtStatus.ThrowIfFailed(api->GetSymbolicDimensions(tensor, (byte**)texts, rank));

        return new NodeMetadata(
            onnxType,
            (TensorElementType)elementType,
            Array.ConvertAll(dimensions, dimension => checked((int)dimension)),
            Array.ConvertAll(symbols, text => Utf8.Read((byte*)text)));
    }
}
