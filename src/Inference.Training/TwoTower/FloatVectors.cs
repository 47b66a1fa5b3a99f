using System.Numerics.Tensors;

namespace Inference.Training.TwoTower;

/// <summary>Short names for the operations on vectors that both towers are made of.</summary>
internal static class FloatVectors
{
    /// <summary>into += vector · factor.</summary>
    public static void AddScaled(ReadOnlySpan<float> vector, float factor, Span<float> into) => TensorPrimitives.MultiplyAdd(vector, factor, into, into);

    /// <summary>into += vector.</summary>
    public static void Add(ReadOnlySpan<float> vector, Span<float> into) => TensorPrimitives.Add(into, vector, into);

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b) => TensorPrimitives.Dot(a, b);

    /// <summary>rows += row, for each row of a matrix.</summary>
    public static void AddRow(Span<float> matrix, ReadOnlySpan<float> row)
    {
        for (int start = 0; start < matrix.Length; start += row.Length)
            Add(row, matrix.Slice(start, row.Length));
    }

    /// <summary>sum += Σ rows, in the order of rows.</summary>
    public static void SumRows(ReadOnlySpan<float> matrix, Span<float> sum)
    {
        for (int start = 0; start < matrix.Length; start += sum.Length)
            Add(matrix.Slice(start, sum.Length), sum);
    }

    /// <summary>max(x, 0) in place.</summary>
    public static void Relu(Span<float> values) => TensorPrimitives.Max(values, 0f, values);

    /// <summary>change = 0 where the output of the rectifier was 0.</summary>
    public static void ReluBackward(ReadOnlySpan<float> outputs, Span<float> change)
    {
        for (int i = 0; i < change.Length; i++)
            change[i] = outputs[i] > 0 ? change[i] : 0;
    }
}
