using Inference.Towers.Onnx;

namespace Inference.Training.TwoTower;

/// <summary>How exported towers keep their tables and matrices. Biases, scales and what is counted in lengths stay float32 always: they are small.</summary>
public enum WeightPrecision
{
    Float32,

    /// <summary>Whole numbers −127 to 127, one scale per column; a column's error is at most half its scale per number.</summary>
    Int8,
}

/// <summary>Writes weights into a graph in the wanted precision (Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference", 2018; symmetric, per column, weights alone).</summary>
internal readonly struct GraphWeights(OnnxGraph graph, WeightPrecision precision)
{
    private const int Levels = 127;

    /// <summary>A matrix that is multiplied with, [rows, columns].</summary>
    public OnnxValue Matrix(string name, ReadOnlySpan<float> values, int rows, int columns)
    {
        if (precision == WeightPrecision.Float32)
            return graph.Constant(name, values, rows, columns);
        (sbyte[] numbers, float[] scales) = Quantise(values, columns);
        return Dequantise(graph.Constant(name, numbers, rows, columns), name, scales, axis: 1);
    }

    /// <summary>Rows of a table by index: only those that are asked for become real numbers again.</summary>
    /// <param name="rank">Dimensions of the result: 1 more than the index has.</param>
    public OnnxValue Rows(string name, ReadOnlySpan<float> values, int rows, int columns, OnnxValue indices, int rank)
    {
        if (precision == WeightPrecision.Float32)
            return graph.Gather(graph.Constant(name, values, rows, columns), indices);
        (sbyte[] numbers, float[] scales) = Quantise(values, columns);
        return Dequantise(graph.Gather(graph.Constant(name, numbers, rows, columns), indices), name, scales, rank - 1);
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

    private OnnxValue Dequantise(OnnxValue numbers, string name, float[] scales, int axis) =>
        graph.Node("DequantizeLinear", [numbers, graph.Constant(name + "_scale", scales, scales.Length)], OnnxAttribute.Of("axis", axis));
}
