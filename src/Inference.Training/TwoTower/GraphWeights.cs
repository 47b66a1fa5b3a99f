using Inference.Towers.Onnx;

namespace Inference.Training.TwoTower;

/// <summary>How exported towers keep their tables of items, words and context values. Layers, biases and scales stay float32 always: they are small, and are read whole for every request.</summary>
public enum WeightPrecision
{
    Float32,

    /// <summary>Whole numbers −127 to 127, one scale per column; an error is at most half the column's scale per number.</summary>
    Int8,
}

/// <summary>Writes tables into a graph in the wanted precision (Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference", 2018; symmetric, per column, weights alone).</summary>
internal readonly struct GraphWeights(OnnxGraph graph, WeightPrecision precision)
{
    private const int Levels = 127;

    /// <summary>Rows of a table by index: only those that are asked for become real numbers again.</summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="values">The table.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="indices">Which rows.</param>
    /// <param name="rank">Dimensions of the result: 1 more than the index has.</param>
    public OnnxValue Rows(string name, ReadOnlySpan<float> values, int rows, int columns, OnnxValue indices, int rank)
    {
        if (precision == WeightPrecision.Float32)
            return graph.Gather(graph.Constant(name, values, rows, columns), indices);
        (sbyte[] numbers, float[] scales) = Quantise(values, columns);
        return graph.Node("DequantizeLinear", [graph.Gather(graph.Constant(name, numbers, rows, columns), indices), graph.Constant(name + "_scale", scales, scales.Length)], OnnxAttribute.Of("axis", rank - 1));
    }

    /// <summary>Σ weightₜ row[idₜ]: the scales of columns come last, once for the sum.</summary>
    /// <param name="name">Name of the table.</param>
    /// <param name="values">The table.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="indices">[batch, t].</param>
    /// <param name="weights">float32 [batch, t].</param>
    /// <param name="axis">The constant 1, int64 [1].</param>
    /// <returns>[batch, columns].</returns>
    public OnnxValue WeightedSum(string name, ReadOnlySpan<float> values, int rows, int columns, OnnxValue indices, OnnxValue weights, OnnxValue axis)
    {
        OnnxValue scale = default, found;
        if (precision == WeightPrecision.Float32)
        {
            found = graph.Gather(graph.Constant(name, values, rows, columns), indices);
        }
        else
        {
            (sbyte[] numbers, float[] scales) = Quantise(values, columns);
            scale = graph.Constant(name + "_scale", scales, scales.Length);
            found = graph.Cast(graph.Gather(graph.Constant(name, numbers, rows, columns), indices), OnnxType.Float32);
        }

        OnnxValue sum = graph.Node("Squeeze", [graph.MatMul(graph.Unsqueeze(weights, axis), found), axis]);
        return precision == WeightPrecision.Float32 ? sum : graph.Multiply(sum, scale);
    }

    /// <summary>Numbers and scales: value ≈ number · scale of its column.</summary>
    internal static (sbyte[] Numbers, float[] Scales) Quantise(ReadOnlySpan<float> values, int columns)
    {
        float[] scales = new float[columns];
        for (int i = 0; i < values.Length; i++)
            scales[i % columns] = Math.Max(scales[i % columns], Math.Abs(values[i]));
        for (int column = 0; column < columns; column++)
            scales[column] = scales[column] == 0 ? 1 : scales[column] / Levels;
        sbyte[] numbers = new sbyte[values.Length];
        for (int i = 0; i < values.Length; i++)
            numbers[i] = (sbyte)Math.Clamp(MathF.Round(values[i] / scales[i % columns]), -Levels, Levels);
        return (numbers, scales);
    }
}
