using Microsoft.ML.OnnxRuntime.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>Names of element types in manifests.</summary>
internal static class ElementTypes
{
    private static readonly (string Name, TensorElementType Type)[] Inputs =
    [
        ("float32", TensorElementType.Float),
        ("float16", TensorElementType.Float16),
        ("float64", TensorElementType.Double),
        ("int64", TensorElementType.Int64),
        ("int32", TensorElementType.Int32),
        ("bool", TensorElementType.Bool),
    ];

    public static string Names { get; } = string.Join(", ", Inputs.Select(input => $"'{input.Name}'"));

    public static bool IsName(string name) => Array.Exists(Inputs, input => input.Name == name);

    /// <summary>The type of a name; undefined for others, see <see cref="IsName"/>.</summary>
    public static TensorElementType Parse(string name) => Array.Find(Inputs, input => input.Name == name).Type;

    public static bool IsInput(TensorElementType type) => Array.Exists(Inputs, input => input.Type == type);

    public static string NameOf(TensorElementType type) => Array.Find(Inputs, input => input.Type == type).Name ?? type.ToString();
}
