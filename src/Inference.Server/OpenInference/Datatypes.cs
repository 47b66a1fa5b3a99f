using Inference.Towers.Tensors;

namespace Inference.Server.OpenInference;

/// <summary>Element types by the names of the Open Inference Protocol.</summary>
internal static class Datatypes
{
    public static string NameOf(TensorType type) => type switch
    {
        TensorType.Bool => "BOOL",
        TensorType.Int8 => "INT8",
        TensorType.Int16 => "INT16",
        TensorType.Int32 => "INT32",
        TensorType.Int64 => "INT64",
        TensorType.UInt8 => "UINT8",
        TensorType.UInt16 => "UINT16",
        TensorType.UInt32 => "UINT32",
        TensorType.UInt64 => "UINT64",
        TensorType.Float16 => "FP16",
        TensorType.BFloat16 => "BF16",
        TensorType.Float32 => "FP32",
        TensorType.Float64 => "FP64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type."),
    };

    /// <summary>A tensor as people write it: "INT64 [-1, 50]".</summary>
    public static string Describe(TensorSpec spec) => $"{NameOf(spec.Type)} {Shape(spec.Axes.Select(axis => axis.Size))}";

    public static string Shape(IEnumerable<long> sizes) => $"[{string.Join(", ", sizes)}]";
}
