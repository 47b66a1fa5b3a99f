using Inference.Towers.Runtime;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Tensors;

/// <summary>
/// What a tower's graph takes and gives. Open axes are bounded by what the tower's own calls fill: the largest batch, the longest history, the widths that the manifest gives. So a raw run costs no
/// more than a full batch, however small the message was that asked for it.
/// </summary>
internal static class TowerTensors
{
    public static TensorSpec[] InputsOf(InferenceSession session, TowerShape shape)
    {
        var groups = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. session.InputNames.Select(name => InputOf(session.InputMetadata[name], shape.Inputs.Single(input => input.Name == name), shape, groups))];
    }

    /// <summary>The outputs that are tensors of numbers; a tower has at least one, its embedding.</summary>
    public static TensorSpec[] OutputsOf(InferenceSession session)
    {
        var outputs = new List<TensorSpec>();
        foreach (string name in session.OutputNames)
        {
            NodeMetadata node = session.OutputMetadata[name];
            if (node.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR && TensorTypes.Of(node.ElementDataType) is { } type)
                outputs.Add(new TensorSpec(name, type, [.. node.Dimensions.Select((size, i) => new TensorAxis(Math.Max(size, -1), -1, -1, node.SymbolicDimensions[i]))]));
        }

        return [.. outputs];
    }

    private static TensorSpec InputOf(NodeMetadata node, TensorInput input, TowerShape shape, Dictionary<string, int> groups)
    {
        var axes = new TensorAxis[node.Dimensions.Length];
        for (int i = 0; i < axes.Length; i++)
        {
            long size = node.Dimensions[i];
            string name = node.SymbolicDimensions[i];
            if (size >= 0)
                axes[i] = new TensorAxis(size, size, -1, i == 0 ? "batch" : name);
            else if (i == 0)
                axes[i] = new TensorAxis(-1, shape.MaxBatch, TensorAxis.BatchGroup, "batch");
            else if (input.Width < 0)
                axes[i] = new TensorAxis(-1, shape.History!.MaxLength, TensorAxis.HistoryGroup, "history");
            else
                axes[i] = new TensorAxis(-1, input.Width, GroupOf(name, groups), name);
        }

        return new TensorSpec(input.Name, TensorTypes.Of(input.ElementType)!.Value, axes);
    }

    /// <summary>Axes that the graph gives one name are one size; those without a name are on their own.</summary>
    private static int GroupOf(string name, Dictionary<string, int> groups)
    {
        if (name.Length == 0)
            return -1;
        if (!groups.TryGetValue(name, out int group))
            groups.Add(name, group = TensorAxis.FirstNamedGroup + groups.Count);
        return group;
    }
}
