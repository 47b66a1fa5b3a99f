using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Inference.Vectors;
using Inference.Vectors.Live;

namespace Benchmarks.Vectors;

/// <summary>
/// `live`: what searches of a live index take while nothing changes, while updates arrive at a steady rate, and while these only wait for their merge, in turns. One thread
/// searches, another updates, merges run on a third.
/// </summary>
internal static class LiveReport
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static int Run(ReadOnlySpan<string> args)
    {
        int rows = 1_000_000, dimension = 64, rounds = 5, updates = 1000, threshold = 0;
        double seconds = 4;
        IndexKind kind = IndexKind.Exact;
        Metric metric = Metric.InnerProduct;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--index" => Enum.TryParse(value, ignoreCase: true, out kind) && kind is IndexKind.Flat or IndexKind.Exact,
                "--metric" => Enum.TryParse(value, ignoreCase: true, out metric),
                "--rows" => int.TryParse(value, CultureInfo.InvariantCulture, out rows) && rows > 0,
                "--dimension" => int.TryParse(value, CultureInfo.InvariantCulture, out dimension) && dimension > 0,
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--seconds" => double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds > 0,
                "--updates" => int.TryParse(value, CultureInfo.InvariantCulture, out updates) && updates > 0,
                "--merge-threshold" => int.TryParse(value, CultureInfo.InvariantCulture, out threshold) && threshold >= 0,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine(
                    "usage: live [--index flat|exact] [--metric innerproduct|cosine|l2] [--rows N] [--dimension D] [--rounds R] [--seconds S] [--updates PER_SECOND] [--merge-threshold N]");
                return 2;
            }
        }
        MeasureLog(metric, dimension);
        using LiveIndex live = Create(kind, metric, rows, dimension, threshold);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"live {kind} index, {metric}, {rows:N0} × {dimension}, top 10, {updates:N0} updates/s; {RuntimeInformation.FrameworkDescription}; {Machine.Processor()}"));
        Console.WriteLine("| phase | searches/s | p50 µs | p99 µs | updates | pending at the end | merges | last merge ms |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        var ratios = new List<(double P50, double P99)>();
        Search(live, dimension, TimeSpan.FromSeconds(1), seed: 0);
        for (int round = 0; round < rounds; round++)
        {
            Phase quiet = Search(live, dimension, TimeSpan.FromSeconds(seconds), seed: round);
            Print("quiet", quiet, 0, live);
            using var stop = new CancellationTokenSource();
            int sent = 0;
            var writer = new Thread(() => sent = Update(live, dimension, updates, round, stop.Token));
            writer.Start();
            Phase busy = Search(live, dimension, TimeSpan.FromSeconds(seconds), seed: round);
            stop.Cancel();
            writer.Join(Patience);
            Print("updates", busy, sent, live);
            Print("changes wait", Search(live, dimension, TimeSpan.FromSeconds(seconds), seed: round), 0, live);
            ratios.Add((busy.P50 / quiet.P50, busy.P99 / quiet.P99));
            live.Merge();
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"with updates over quiet, median of {rounds} rounds: p50 {Median(ratios.Select(static r => r.P50)):F2}, p99 {Median(ratios.Select(static r => r.P99)):F2}; {live.FailedMerges} merges failed"));
        return 0;
    }

    /// <summary>What waiting changes add to a search: each case is a small index with so many changes, over the same without any.</summary>
    private static void MeasureLog(Metric metric, int dimension)
    {
        const int Rows = 20_000;
        int[] changes = [0, 1024, 4096, 16_384];
        float[] query = RandomVectors.Query(dimension, seed: 2);
        var results = new Neighbor[10];
        LiveIndex[] cases = Array.ConvertAll(changes, _ => Create(IndexKind.Exact, metric, Rows, dimension, threshold: 100_000));
        for (int i = 0; i < cases.Length; i++)
        {
            for (int change = 0; change < changes[i]; change++)
                cases[i].Append(RandomVectors.Query(dimension, seed: 1000 + change));
        }
        Interleaved.Timing[] times = Interleaved.Nanoseconds(Array.ConvertAll(cases, live => ("", new Func<double>(() => live.Search(query, results)))), rounds: 301, scansPerTurn: 5);
        for (int i = 1; i < cases.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{changes[i]:N0} waiting changes of {dimension} dimensions add {(times[i].Median - times[0].Median) / 1e3:F1} µs to a search (least {(times[i].Least - times[0].Least) / 1e3:F1})"));
        }
        foreach (LiveIndex live in cases)
            live.Dispose();
    }

    private static LiveIndex Create(IndexKind kind, Metric metric, int rows, int dimension, int threshold)
    {
        using VectorMatrix matrix = RandomVectors.Matrix(rows, dimension, seed: 1);
        VectorIndex index = kind == IndexKind.Exact ? new ScanIndex(matrix, metric) : new ExactIndex(matrix, metric);
        return new LiveIndex(index, new LiveOptions { MergeThreshold = threshold });
    }

    /// <summary>One search after the other, each with another query.</summary>
    private static Phase Search(LiveIndex live, int dimension, TimeSpan duration, int seed)
    {
        float[] queries = RandomVectors.Query(256 * dimension, seed: 100 + seed);
        var results = new Neighbor[10];
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            ReadOnlySpan<float> query = queries.AsSpan(times.Count % 256 * dimension, dimension);
            long before = Stopwatch.GetTimestamp();
            live.Search(query, results);
            times.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
        }
        double total = Stopwatch.GetElapsedTime(start).TotalSeconds;
        times.Sort();
        return new Phase(times.Count / total, times[times.Count / 2], times[times.Count * 99 / 100]);
    }

    /// <summary>Replaces, adds and deletes rows in proportions of a catalogue, at their times whether or not the ones before were late.</summary>
    private static int Update(LiveIndex live, int dimension, int perSecond, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        var vector = new float[dimension];
        long start = Stopwatch.GetTimestamp();
        int sent = 0;
        while (!stop.IsCancellationRequested)
        {
            for (; sent < Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond && !stop.IsCancellationRequested; sent++)
            {
                foreach (ref float element in vector.AsSpan())
                    element = random.NextSingle() - 0.5f;
                if (sent % 10 == 0)
                    live.Append(vector, CancellationToken.None);
                else if (sent % 10 == 1)
                    live.Delete(random.Next(live.RowCount), CancellationToken.None);
                else
                    live.Upsert(random.Next(live.RowCount), vector, CancellationToken.None);
            }
            stop.WaitHandle.WaitOne(1);
        }
        return sent;
    }

    private static void Print(string name, Phase phase, int updates, LiveIndex live) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {phase.PerSecond:F0} | {phase.P50:F0} | {phase.P99:F0} | {updates} | {live.Pending} | {live.Merges} | {live.LastMergeDuration.TotalMilliseconds:F0} |"));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private readonly record struct Phase(double PerSecond, double P50, double P99);
}
