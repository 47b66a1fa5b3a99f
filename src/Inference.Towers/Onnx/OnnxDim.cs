namespace Inference.Towers.Onnx;

/// <summary>One dimension of a tensor: a number, or a name for one that is known at run time only, such as "batch".</summary>
public readonly record struct OnnxDim
{
    private OnnxDim(long? size, string? name)
    {
        Size = size;
        Name = name;
    }

    /// <summary>The size; null when it is symbolic.</summary>
    public long? Size { get; }

    /// <summary>The name of a symbolic dimension.</summary>
    public string? Name { get; }

    public static OnnxDim Of(long size) => size >= 0 ? new(size, null) : throw new ArgumentOutOfRangeException(nameof(size), size, "A dimension is not negative; name it if it is not known.");

    public static OnnxDim Of(string name) => string.IsNullOrEmpty(name) ? throw new ArgumentException("A symbolic dimension needs a name.", nameof(name)) : new(null, name);

    public static implicit operator OnnxDim(int size) => Of(size);

    public static implicit operator OnnxDim(string name) => Of(name);
}
