using BenchmarkDotNet.Attributes;
using Inference.Vectors;
using Inference.Vectors.Kernels;

namespace Benchmarks.Vectors;

/// <summary>The arithmetic alone, over 512 rows that stay in cache; the unit is one vector.</summary>
[MemoryDiagnoser]
public class KernelBenchmarks
{
    private const int Rows = 512;

    private VectorMatrix _matrix = null!;
    private float[] _query = null!;
    private float[] _scores = null!;
    private int[] _numbers = null!;

    [Params(64, 128, 768)]
    public int Dimension { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _matrix = RandomVectors.Matrix(Rows, Dimension, seed: 1);
        _query = RandomVectors.Query(Dimension, seed: 2);
        _scores = new float[Rows];
        _numbers = [.. Enumerable.Range(0, Rows)];
        new Random(3).Shuffle(_numbers);
    }

    [GlobalCleanup]
    public void Cleanup() => _matrix.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Rows)]
    public void TensorPrimitivesDot() => TensorPrimitivesScan.Scores(_matrix, _query, _scores);

    [Benchmark(OperationsPerInvoke = Rows)]
    public void Pair()
    {
        for (int row = 0; row < Rows; row++)
            _scores[row] = VectorMath.Dot(_query, _matrix.Row(row));
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public void BlockDot() => KernelSets.Best.DotRows(ref _query[0], ref _matrix.Memory.Start<float>(), (nuint)_matrix.Stride, Rows, ref _scores[0]);

    [Benchmark(OperationsPerInvoke = Rows)]
    public void BlockSquaredL2() => KernelSets.Best.SquaredL2Rows(ref _query[0], ref _matrix.Memory.Start<float>(), (nuint)_matrix.Stride, Rows, ref _scores[0]);

    [Benchmark(OperationsPerInvoke = Rows)]
    public void GatherDot() => KernelSets.Best.DotGather(ref _query[0], ref _matrix.Memory.Start<float>(), (nuint)_matrix.Stride, _numbers, ref _scores[0]);

    /// <summary>The portable half: what the block costs without AVX-512 and AVX2.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public void BlockDot128()
    {
        KernelSet kernels = KernelSets.Supported.First(static set => set.Width <= 128);
        kernels.DotRows(ref _query[0], ref _matrix.Memory.Start<float>(), (nuint)_matrix.Stride, Rows, ref _scores[0]);
    }
}
