using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Inference.Vectors.Exact;
using Inference.Vectors.Files;
using Inference.Vectors.Live;

namespace Inference.Vectors.Graph;

/// <summary>How the vectors of a graph and its queries are brought into the form that is searched: centred or normalised, and rotated.</summary>
/// <remarks>Inner product keeps vectors as they are, cosine brings them to length 1 (zero stays zero), L2 subtracts the mean of the rows, which makes codes finer.</remarks>
internal sealed class GraphSpace(int dimension, Metric metric, Rotation rotation, float[] mean)
{
    /// <summary>Rows so many times as long as the middle one are left out of the mean.</summary>
    private const double Outlying = 10;

    private const string RotationSection = "rotation", MeanSection = "mean";

    public int Dimension => dimension;

    public Metric Metric => metric;

    /// <summary>Elements of a padded vector.</summary>
    public nuint Length { get; } = GraphRows.PaddedLength(dimension);

    /// <summary>Whether distances are squared differences; otherwise they are negative inner products, for cosine of vectors of length 1.</summary>
    public bool SquaredL2 => metric == Metric.L2;

    /// <summary>The smallest distance: rounding makes the cosine of equal directions larger than 1.</summary>
    private float Least { get; } = metric switch { Metric.L2 => 0, Metric.Cosine => -1, _ => float.MinValue };

    /// <summary>The largest distance.</summary>
    private float Most { get; } = metric == Metric.Cosine ? 1 : float.MaxValue;

    private delegate ReadOnlySpan<float> RowReader(int row);

    public static GraphSpace Of(VectorMatrix matrix, Metric metric, int seed) =>
        new(matrix.Dimension, metric, Rotation.Random(matrix.Dimension, seed), MeanOf(matrix.Row, matrix.Count, matrix.Dimension, metric));

    /// <summary>The space in a file.</summary>
    public static GraphSpace Read(IndexFile file) =>
        new(file.Dimension, file.Metric, Rotation.Of(file.Dimension, file.Array<float>(RotationSection, Rotation.LengthFor(file.Dimension))), file.Array<float>(MeanSection, file.Dimension));

    /// <summary>The same rotation around other vectors: the added ones.</summary>
    public GraphSpace Around(IndexChanges changes) => new(dimension, metric, rotation, MeanOf(changes.Vector, changes.Added.Length, dimension, metric));

    public void WriteTo(IndexFileWriter writer)
    {
        writer.Add(RotationSection, rotation.Matrices);
        writer.Add<float>(MeanSection, mean);
    }

    /// <summary>Brings a vector in.</summary>
    /// <param name="vector">Dimension elements.</param>
    /// <param name="scratch">At least as many.</param>
    /// <param name="turned">At least as many; those behind are left alone.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Turn(ReadOnlySpan<float> vector, Span<float> scratch, Span<float> turned)
    {
        scratch = scratch[..vector.Length];
        if (metric == Metric.Cosine)
            TensorPrimitives.Multiply(vector, InverseNorms.Of(vector), scratch);
        else if (metric == Metric.L2)
            TensorPrimitives.Subtract(vector, mean, scratch);
        else
            vector.CopyTo(scratch);
        rotation.Apply(scratch, turned);
    }

    /// <summary>Brings a vector back, but for the length that cosine took from it.</summary>
    public void Restore(ReadOnlySpan<float> turned, Span<float> vector)
    {
        rotation.Undo(turned[..dimension], vector);
        TensorPrimitives.Add(vector, mean, vector);
    }

    /// <summary>A distance that overflowed, or for which a file had no number, is the largest one: no row is lost by that, and no search gets to see a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Finite(float distance) => distance < float.MaxValue ? distance : float.MaxValue;

    /// <summary>A distance as a result has it: finite, and no better than the metric allows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Bound(float distance)
    {
        float some = distance < Most ? distance : Most;
        return some > Least ? some : Least;
    }

    private static float[] MeanOf(RowReader rows, int count, int dimension, Metric metric)
    {
        var mean = new float[dimension];
        if (metric != Metric.L2 || count == 0)
            return mean;
        var sum = new double[dimension];
        // A sample says enough: the mean only has to be near the middle. A few rows that lie far outside would draw it away from all others, which then lost their digits.
        int step = Math.Max(1, count / 100_000), taken = 0;
        double most = Outlying * MedianNorm(rows, count, step);
        for (int row = 0; row < count; row += step)
        {
            ReadOnlySpan<float> vector = rows(row);
            if (TensorPrimitives.Norm(vector) > most)
                continue;
            taken++;
            for (int i = 0; i < sum.Length; i++)
                sum[i] += vector[i];
        }
        for (int i = 0; i < mean.Length; i++)
            mean[i] = (float)(sum[i] / taken);
        return mean;
    }

    /// <summary>The middle one of the lengths of every <paramref name="step"/>th row.</summary>
    private static float MedianNorm(RowReader rows, int count, int step)
    {
        var norms = new float[(count + step - 1) / step];
        for (int i = 0; i < norms.Length; i++)
            norms[i] = TensorPrimitives.Norm(rows(i * step));
        Array.Sort(norms);
        return norms[norms.Length / 2];
    }
}
