using System.Runtime.CompilerServices;
using Inference.Vectors.Kernels;

namespace Inference.Vectors.Graph;

/// <summary>A random rotation, which keeps all products and distances and spreads what a vector holds evenly over its dimensions, so that few bits for each are enough.</summary>
/// <remarks>
/// Up to <see cref="BlockLimit"/> dimensions one orthogonal matrix turns them all. Beyond, dimension i belongs to block i mod b, and each block has its own matrix: the
/// cost of a full one would grow with the square. The matrices come from a seeded Gaussian by Gram–Schmidt.
/// </remarks>
internal sealed class Rotation
{
    public const int BlockLimit = 512;

    private readonly float[] _matrices;
    private readonly int _blocks, _stride;

    private Rotation(int dimension, float[]? matrices)
    {
        Dimension = dimension;
        (_blocks, _stride) = Shape(dimension);
        _matrices = matrices ?? new float[_blocks * _stride * _stride];
    }

    public int Dimension { get; }

    /// <summary>The matrices, for a file.</summary>
    public ReadOnlySpan<float> Matrices => _matrices;

    /// <summary>Elements of the matrices for a dimension.</summary>
    public static int LengthFor(int dimension)
    {
        (int blocks, int stride) = Shape(dimension);
        return blocks * stride * stride;
    }

    public static Rotation Random(int dimension, int seed)
    {
        var rotation = new Rotation(dimension, null);
        var random = new Random(seed);
        for (int block = 0; block < rotation._blocks; block++)
            rotation.Fill(block, random);
        return rotation;
    }

    /// <exception cref="InvalidDataException">Another number of elements than the dimension needs.</exception>
    public static Rotation Of(int dimension, ReadOnlySpan<float> matrices)
    {
        int expected = LengthFor(dimension);
        return matrices.Length == expected ? new Rotation(dimension, matrices.ToArray()) : throw new InvalidDataException($"A rotation of {dimension} dimensions has {expected} elements, not {matrices.Length}.");
    }

    /// <summary>Turns a vector.</summary>
    /// <param name="vector">Dimension elements.</param>
    /// <param name="turned">At least dimension elements; those behind are left alone. Not the same memory.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(ReadOnlySpan<float> vector, Span<float> turned)
    {
        Span<float> part = stackalloc float[BlockLimit + KernelSet.Lanes], result = stackalloc float[BlockLimit + KernelSet.Lanes];
        for (int block = 0; block < _blocks; block++)
        {
            part.Clear();
            int size = 0;
            for (int i = block; i < vector.Length; i += _blocks)
                part[size++] = vector[i];
            KernelSets.Best.DotRows(ref part[0], ref _matrices[block * _stride * _stride], (nuint)_stride, (nuint)_stride, ref result[0]);
            for (int i = block, j = 0; i < vector.Length; i += _blocks)
                turned[i] = result[j++];
        }
    }

    /// <summary>Turns a vector back.</summary>
    public void Undo(ReadOnlySpan<float> turned, Span<float> vector)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            float sum = 0;
            for (int j = i % _blocks, row = 0; j < turned.Length; j += _blocks, row++)
                sum += turned[j] * _matrices[(i % _blocks * _stride + row) * _stride + i / _blocks];
            vector[i] = sum;
        }
    }

    private static (int Blocks, int Stride) Shape(int dimension)
    {
        int blocks = (dimension + BlockLimit - 1) / BlockLimit, side = (dimension + blocks - 1) / blocks;
        return (blocks, (side + KernelSet.Lanes - 1) & -KernelSet.Lanes);
    }

    /// <summary>Orthonormal rows for the dimensions of one block; the last block may have one dimension less.</summary>
    private void Fill(int block, Random random)
    {
        int size = (Dimension - block + _blocks - 1) / _blocks;
        var rows = new double[size][];
        for (int row = 0; row < size; row++)
        {
            var candidate = new double[size];
            double norm;
            do
            {
                for (int i = 0; i < size; i++)
                    candidate[i] = Gaussian(random);
                // Twice, because once leaves rounding errors of the size that the first pass removed.
                for (int pass = 0; pass < 2; pass++)
                {
                    for (int other = 0; other < row; other++)
                    {
                        double product = System.Numerics.Tensors.TensorPrimitives.Dot<double>(candidate, rows[other]);
                        System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(rows[other], -product, candidate, candidate);
                    }
                }
                norm = Math.Sqrt(System.Numerics.Tensors.TensorPrimitives.Dot<double>(candidate, candidate));
            }
            while (norm < 1e-6);
            for (int i = 0; i < size; i++)
            {
                candidate[i] /= norm;
                _matrices[(block * _stride + row) * _stride + i] = (float)candidate[i];
            }
            rows[row] = candidate;
        }
    }

    private static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
