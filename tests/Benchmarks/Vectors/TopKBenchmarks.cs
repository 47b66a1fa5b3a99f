using BenchmarkDotNet.Attributes;
using Inference.Vectors;
using Inference.Vectors.Search;

namespace Benchmarks.Vectors;

/// <summary>Selection alone, over scores in random order (what a scan meets) and ascending (the worst there is); the unit is one score.</summary>
[MemoryDiagnoser]
public class TopKBenchmarks
{
    private const int Scores = 100_000;

    private readonly float[] _scores = new float[Scores];
    private Neighbor[] _results = null!;

    [Params(10, 100, 1_000)]
    public int K { get; set; }

    [Params(false, true)]
    public bool Ascending { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        foreach (ref float score in _scores.AsSpan())
            score = random.NextSingle();
        if (Ascending)
            Array.Sort(_scores);
        _results = new Neighbor[K];
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Scores)]
    public int PriorityQueue()
    {
        var queue = new PriorityQueue<int, float>(K);
        for (int row = 0; row < Scores; row++)
        {
            if (queue.Count < K)
                queue.Enqueue(row, _scores[row]);
            else if (queue.TryPeek(out _, out float worst) && _scores[row] > worst)
                queue.DequeueEnqueue(row, _scores[row]);
        }
        return queue.Count;
    }

    [Benchmark(OperationsPerInvoke = Scores)]
    public int TopK()
    {
        var best = new TopK(_results);
        for (int row = 0; row < Scores; row++)
        {
            if (_scores[row] >= best.Threshold)
                best.Offer(row, _scores[row]);
        }
        return best.Complete();
    }
}
