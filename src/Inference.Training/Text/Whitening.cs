using Inference.Training.Chance;
using Inference.Training.TwoTower;

namespace Inference.Training.Text;

/// <summary>
/// Principal components with the variance taken out of them: z = Vᵀ (x − mean) ∕ √λ, brought to length 1, so that no direction that all texts share drowns the others (Su et al., "Whitening sentence representations for better
/// semantics and faster retrieval", 2021). The components are found by subspace iteration on the covariance.
/// </summary>
internal sealed class Whitening
{
    private const int Iterations = 40;

    /// <summary>Components with less of the largest one's variance are rounding.</summary>
    private const double LeastVariance = 1e-7;

    private readonly double[] _mean;
    private readonly double[] _map;

    private Whitening(double[] mean, double[] map, int width) => (_mean, _map, Width) = (mean, map, width);

    /// <summary>Components that are kept.</summary>
    public int Width { get; }

    /// <summary>Learns from vectors of one length.</summary>
    /// <param name="vectors">At least one.</param>
    /// <param name="most">Components at most.</param>
    /// <param name="seed">Of the first guess.</param>
    public static Whitening Fit(IReadOnlyList<float[]> vectors, int most, ulong seed)
    {
        int d = vectors[0].Length, k = Math.Min(most, d);
        var lanes = new Lanes(0);
        double[] mean = new double[d], centred = new double[vectors.Count * d];
        foreach (float[] vector in vectors)
        {
            for (int i = 0; i < d; i++)
                mean[i] += vector[i] / (double)vectors.Count;
        }

        for (int row = 0; row < vectors.Count; row++)
        {
            for (int i = 0; i < d; i++)
                centred[row * d + i] = vectors[row][i] - mean[i];
        }

        double[] covariance = SymmetricEigen.Gram(centred, vectors.Count, d, lanes);
        System.Numerics.Tensors.TensorPrimitives.Divide(covariance, vectors.Count, covariance);

        double[] basis = new double[d * k];
        var random = new SeededRandom(seed, 77);
        foreach (ref double value in basis.AsSpan())
            value = random.NextGaussian();
        SymmetricEigen.Orthonormalize(basis, d, k, lanes);
        double[] turned = basis;
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            turned = Multiply(covariance, basis, d, k, lanes);
            if (iteration == Iterations - 1)
                break;
            SymmetricEigen.Orthonormalize(turned, d, k, lanes);
            basis = turned;
        }

        // Rayleigh and Ritz: the eigenvectors within the subspace.
        double[] small = new double[k * k];
        for (int i = 0; i < d; i++)
        {
            for (int a = 0; a < k; a++)
            {
                for (int b = 0; b < k; b++)
                    small[a * k + b] += basis[i * k + a] * turned[i * k + b];
            }
        }

        for (int a = 0; a < k; a++)
        {
            for (int b = 0; b < a; b++)
                small[a * k + b] = small[b * k + a] = (small[a * k + b] + small[b * k + a]) / 2;
        }

        (double[] rotation, double[] values) = SymmetricEigen.Solve(small, k);
        int width = values.Count(value => value > LeastVariance * values[0] && value > 0);
        double[] map = new double[d * width];
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < width; j++)
            {
                for (int a = 0; a < k; a++)
                    map[i * width + j] += basis[i * k + a] * rotation[a * k + j] / Math.Sqrt(values[j]);
            }
        }

        return new Whitening(mean, map, width);
    }

    /// <summary>One vector, of length 1; zeros for the mean itself.</summary>
    public double[] Apply(float[] vector)
    {
        double[] result = new double[Width];
        for (int i = 0; i < vector.Length; i++)
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(_map.AsSpan(i * Width, Width), vector[i] - _mean[i], result, result);
        double length = System.Numerics.Tensors.TensorPrimitives.Norm<double>(result);
        if (length > 1e-9)
            System.Numerics.Tensors.TensorPrimitives.Divide(result, length, result);
        else
            Array.Clear(result);
        return result;
    }

    private static double[] Multiply(double[] matrix, double[] basis, int d, int k, Lanes lanes)
    {
        double[] result = new double[d * k];
        lanes.Run(d, i =>
        {
            Span<double> into = result.AsSpan(i * k, k);
            for (int j = 0; j < d; j++)
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(basis.AsSpan(j * k, k), matrix[i * d + j], into, into);
        });
        return result;
    }
}
