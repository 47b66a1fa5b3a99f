namespace Inference.Towers.Onnx;

/// <summary>Element types of tensors, with the numbers of the ONNX format.</summary>
public enum OnnxType
{
    Float32 = 1,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
    Float64 = 11,
}
