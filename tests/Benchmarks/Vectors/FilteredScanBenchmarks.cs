using BenchmarkDotNet.Attributes;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>
/// A search whose allow set has a given number of rows in each 64: where picking them stops being cheaper than streaming all shows in the step between the counts. The unit is
/// one row of the catalogue, eligible or not.
/// </summary>
[MemoryDiagnoser]
public class FilteredScanBenchmarks
{
    private const int Rows = 200_000, Dimension = 64;

    private readonly Neighbor[] _results = new Neighbor[10];
    private VectorMatrix _matrix = null!;
    private ExactIndex _index = null!;
    private RowSet _allowed = null!;
    private float[] _query = null!;

    [Params(1, 4, 12, 15, 16, 24, 64)]
    public int EligibleOf64 { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _matrix = RandomVectors.Matrix(Rows, Dimension, seed: 1);
        _index = new ExactIndex(_matrix, Metric.InnerProduct);
        _query = RandomVectors.Query(Dimension, seed: 2);
        _allowed = RowSet.Rent(Rows);
        var random = new Random(3);
        for (int word = 0; word < Rows; word += 64)
        {
            for (int added = 0; added < EligibleOf64;)
                added += _allowed.Add(word + random.Next(64)) ? 1 : 0;
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _allowed.Dispose();
        _index.Dispose();
        _matrix.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Rows)]
    public int All() => _index.Search(_query, _results);

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Allowed() => _index.Search(_query, _results, RowFilter.Allow(_allowed));
}
