namespace Inference.Towers.Tensors;

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Axes">Its dimensions; those of an input begin with the batch.</param>
public sealed record TensorSpec(string Name, TensorType Type, IReadOnlyList<TensorAxis> Axes);

/// <summary>One dimension of an input or output.</summary>
/// <param name="Size">Its size; -1 where whoever runs the graph chooses.</param>
/// <param name="Most">The largest size that may be chosen; the smallest is 1. The size itself where there is no choice, -1 for outputs.</param>
/// <param name="Group">Open axes of inputs that have the same group have the same size: 0 is the batch, 1 the history; -1 stands alone.</param>
/// <param name="Name">What to call it: "batch", "history", or the graph's own name; may be empty.</param>
public readonly record struct TensorAxis(long Size, long Most, int Group, string Name)
{
    internal const int BatchGroup = 0, HistoryGroup = 1, FirstNamedGroup = 2;

    /// <summary>Whether whoever runs the graph chooses the size.</summary>
    public bool IsOpen => Size < 0;

    /// <summary>Whether an input's axis can have this size.</summary>
    public bool Takes(long size) => IsOpen ? size >= 1 && size <= Most : size == Size;
}
