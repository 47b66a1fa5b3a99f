using System.Diagnostics;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>Puts the queries of a set to an index, on some threads, and keeps the answers and how long each took.</summary>
/// <remarks>Thread t of T takes the queries (or batches) t, t + T, …; one at a time, the next when the last is answered. Nothing is allocated between the first and the last.</remarks>
internal sealed class QueryRun
{
    private readonly VectorIndex _index;
    private readonly BenchSet _set;
    private readonly int _k;
    private readonly int _threads;
    private readonly int _batch;
    private readonly int _queries;
    private readonly Neighbor[] _neighbors;
    private readonly int[] _found;
    private readonly long[] _ticks;
    private double _spent;

    /// <param name="index">Over the rows of the set.</param>
    /// <param name="set">Whose queries are put.</param>
    /// <param name="k">How many neighbours are asked for.</param>
    /// <param name="threads">How many threads ask at once.</param>
    /// <param name="batch">1: one query at a time; more: so many together, as the index takes batches.</param>
    /// <param name="queries">How many of the queries a timed round puts, the first ones.</param>
    public QueryRun(VectorIndex index, BenchSet set, int k, int threads, int batch, int queries)
    {
        (_index, _set, _k, _threads, _batch, _queries) = (index, set, k, threads, batch, queries);
        _neighbors = new Neighbor[queries * k];
        _found = new int[queries];
        _ticks = new long[queries];
    }

    /// <summary>The answer to a query of the last pass.</summary>
    public ReadOnlySpan<Neighbor> Answer(int query) => _neighbors.AsSpan(query * _k, _found[query]);

    /// <summary>The mean recall of the first queries.</summary>
    /// <param name="truth">Of the same set and k.</param>
    /// <param name="width">Search width.</param>
    /// <param name="queries">How many queries.</param>
    public double Recall(Truth truth, int width, int queries)
    {
        Pass(width, queries);
        var sums = new double[queries];
        Parallel.For(0, queries, query => sums[query] = truth.Recall(query, Answer(query)));
        return sums.Sum() / queries;
    }

    /// <summary>Puts the queries until those put so far have taken this long.</summary>
    public void WarmUp(int width, TimeSpan least)
    {
        while (_spent < least.TotalSeconds)
            Pass(width, _queries);
    }

    /// <summary>One timed round: the queries, again and again until the round has lasted long enough to time.</summary>
    public Round Time(int width, TimeSpan least)
    {
        long from = Stopwatch.GetTimestamp();
        int passes = 0;
        double seconds = 0;
        do
        {
            seconds += Pass(width, _queries);
            passes++;
        }
        while (Stopwatch.GetElapsedTime(from) < least);
        long[] sorted = [.. _ticks];
        Array.Sort(sorted);
        return new Round(passes * (double)_queries / seconds, Microseconds(sorted, 0.5), Microseconds(sorted, 0.99));
    }

    /// <summary>Nearest rank.</summary>
    private static double Microseconds(long[] sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)] * 1e6 / Stopwatch.Frequency;

    /// <summary>Puts the first queries once.</summary>
    /// <returns>Seconds from when the first thread began until the last one was done.</returns>
    private double Pass(int width, int queries)
    {
        double seconds = Put(width, queries);
        _spent += seconds;
        return seconds;
    }

    private double Put(int width, int queries)
    {
        if (_threads == 1)
        {
            long from = Stopwatch.GetTimestamp();
            Ask(0, 1, width, queries);
            return Stopwatch.GetElapsedTime(from).TotalSeconds;
        }
        var started = new long[_threads];
        var ended = new long[_threads];
        using var gate = new Barrier(_threads);
        Exception? failure = null;
        var threads = new Thread[_threads];
        for (int i = 0; i < threads.Length; i++)
        {
            int thread = i;
            threads[i] = new Thread(() =>
            {
                gate.SignalAndWait();
                started[thread] = Stopwatch.GetTimestamp();
                try
                {
                    Ask(thread, _threads, width, queries);
                }
                catch (Exception e)
                {
                    failure = e;
                }
                ended[thread] = Stopwatch.GetTimestamp();
            });
            threads[i].Start();
        }
        foreach (Thread thread in threads)
            thread.Join();
        if (failure is not null)
            throw new InvalidOperationException("A search failed.", failure);
        return Stopwatch.GetElapsedTime(started.Min(), ended.Max()).TotalSeconds;
    }

    private void Ask(int thread, int threads, int width, int queries)
    {
        if (_batch > 1)
        {
            AskBatches(thread, threads, width, queries);
            return;
        }
        long now = Stopwatch.GetTimestamp();
        for (int query = thread; query < queries; query += threads)
        {
            _found[query] = _index.Search(_set.Query(query).Span, _neighbors.AsSpan(query * _k, _k), default, width);
            long then = now;
            now = Stopwatch.GetTimestamp();
            _ticks[query] = now - then;
        }
    }

    /// <summary>A query of a batch takes as long as the batch: all its answers come together.</summary>
    private void AskBatches(int thread, int threads, int width, int queries)
    {
        var requests = new SearchRequest[_batch];
        long now = Stopwatch.GetTimestamp();
        for (int first = thread * _batch; first < queries; first += threads * _batch)
        {
            Span<SearchRequest> batch = requests.AsSpan(0, Math.Min(_batch, queries - first));
            for (int i = 0; i < batch.Length; i++)
                batch[i] = new SearchRequest(_set.Query(first + i), _neighbors.AsMemory((first + i) * _k, _k));
            _index.Search(batch, width);
            long then = now;
            now = Stopwatch.GetTimestamp();
            for (int i = 0; i < batch.Length; i++)
                (_found[first + i], _ticks[first + i]) = (batch[i].Found, now - then);
        }
    }
}

/// <summary>What one timed round gave.</summary>
/// <param name="QueriesPerSecond">Of all threads together.</param>
/// <param name="P50">Median time of a query in microseconds.</param>
/// <param name="P99">99th percentile of the time of a query in microseconds.</param>
internal readonly record struct Round(double QueriesPerSecond, double P50, double P99)
{
    /// <summary>The median of each figure by itself.</summary>
    public static Round MedianOf(IReadOnlyCollection<Round> rounds) =>
        new(Median(rounds.Select(static round => round.QueriesPerSecond)), Median(rounds.Select(static round => round.P50)), Median(rounds.Select(static round => round.P99)));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
