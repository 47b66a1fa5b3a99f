using Inference.Cli.Frame;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>What the best rows of each query score, and by that which answers are right.</summary>
/// <remarks>
/// Rows are judged by their true scores and not by their numbers: where several rows tie for the last place, each of them is as good as the one that some
/// exact search happened to return. So a row is a hit when its true score reaches that of the k-th best, less what rounding may add.
/// </remarks>
internal sealed class Truth : IDisposable
{
    /// <summary>Two scores nearer than this, relative to the size of what was added up, are one: the rounding of a few hundred fp32 additions.</summary>
    private const float Rounding = 1e-6f;

    private readonly BenchSet _set;
    private readonly ExactIndex _exact;
    private readonly float[] _least;

    private Truth(BenchSet set, int k, int[][] best)
    {
        _set = set;
        _exact = new ExactIndex(set.Rows, set.Metric);
        Wanted = Math.Min(k, set.Rows.Count);
        Best = best;
        _least = new float[set.QueryCount];
        var scores = new float[best.Max(static rows => rows.Length)];
        for (int query = 0; query < _least.Length; query++)
            _least[query] = Least(set.Query(query).Span, best[query], scores);
    }

    /// <summary>How many rows a perfect answer has: k, or all rows where there are fewer.</summary>
    public int Wanted { get; }

    /// <summary>The best rows of each query.</summary>
    public IReadOnlyList<int[]> Best { get; }

    /// <summary>Finds the truth by exact search.</summary>
    public static Truth Compute(BenchSet set, int k, IProgress<double> progress, CancellationToken cancellationToken) =>
        new(set, k, ExactSearch.Best(set, Math.Min(k, set.Rows.Count), progress, cancellationToken));

    /// <summary>Reads the best rows of each query from an .ivecs or .npy file; columns past the k-th are left aside.</summary>
    /// <exception cref="CommandFailedException">The file does not fit the set: other rows, fewer columns, rows that do not exist or are there twice.</exception>
    public static Truth Read(string path, BenchSet set, int k)
    {
        int[][] best = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".ivecs" => VecsFile.ReadIntegers(path),
            ".npy" => [.. NpyFile.ReadIntegers(path, out _, out int columns).Chunk(Math.Max(1, columns))],
            string other => throw new CommandFailedException($"'{path}': truth is read from .ivecs and .npy files, not from '{other}'."),
        };
        int wanted = Math.Min(k, set.Rows.Count);
        if (best.Length < set.QueryCount)
            throw new CommandFailedException($"{path} is the truth of {best.Length} queries; there are {set.QueryCount}.");
        if (best[0].Length < wanted)
            throw new CommandFailedException($"{path} has the best {best[0].Length} rows of each query; {wanted} are needed.");
        for (int query = 0; query < set.QueryCount; query++)
        {
            best[query] = best[query][..wanted];
            foreach (int row in best[query])
            {
                if ((uint)row >= (uint)set.Rows.Count)
                    throw new CommandFailedException($"{path}: row {row} of query {query} does not exist; there are {set.Rows.Count}.");
            }
            if (best[query].Distinct().Count() < wanted)
                throw new CommandFailedException($"{path}: query {query} names a row twice.");
        }
        return new Truth(set, k, best);
    }

    public void Save(string path) => VecsFile.WriteIntegers(path, Best.Take(_set.QueryCount));

    /// <summary>The share of a perfect answer that these neighbours are.</summary>
    public double Recall(int query, ReadOnlySpan<Neighbor> answer)
    {
        ReadOnlySpan<float> vector = _set.Query(query).Span;
        int hits = 0;
        for (int i = 0; i < answer.Length; i++)
        {
            if (!Contains(answer[..i], answer[i].Row) && _exact.Score(vector, answer[i].Row) >= _least[query])
                hits++;
        }
        return Math.Min(hits, Wanted) / (double)Wanted;
    }

    public void Dispose() => _exact.Dispose();

    private static bool Contains(ReadOnlySpan<Neighbor> answer, int row)
    {
        foreach (Neighbor neighbor in answer)
        {
            if (neighbor.Row == row)
                return true;
        }
        return false;
    }

    /// <summary>The score that makes a row a hit.</summary>
    private float Least(ReadOnlySpan<float> query, ReadOnlySpan<int> best, float[] scores)
    {
        _exact.Score(query, best, scores);
        int last = 0;
        for (int i = 1; i < best.Length; i++)
            last = scores[i] < scores[last] ? i : last;
        float size = _set.Metric switch
        {
            Metric.Cosine => 1,
            Metric.L2 => Math.Abs(scores[last]),
            _ => Length(query) * Length(_set.Rows.Row(best[last])),
        };
        return scores[last] - size * Rounding;
    }

    private static float Length(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float element in vector)
            sum += (double)element * element;
        return (float)Math.Sqrt(sum);
    }
}
