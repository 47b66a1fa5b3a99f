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
    private const int Queries = 1024, Updates = 65_536, Seed = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static int Run(ReadOnlySpan<string> args)
    {
        int rows = 1_000_000, dimension = 64, rounds = 5, updates = 1000, threshold = 0;
        double seconds = 4, recall = 0.95;
        string? file = null;
        VectorSet? set = null;
        IndexKind kind = IndexKind.Exact;
        Metric metric = Metric.InnerProduct;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--index" => Enum.TryParse(value, ignoreCase: true, out kind) && Enum.IsDefined(kind),
                "--vectors" => Enum.TryParse(value, ignoreCase: true, out VectorSet chosen) && (set = chosen) is not null,
                "--recall" => double.TryParse(value, CultureInfo.InvariantCulture, out recall) && recall is > 0 and <= 1,
                "--file" => (file = value) is not null,
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
                    "usage: live [--index flat|exact|fast|compact] [--metric innerproduct|cosine|l2] [--vectors unit|clustered|tight|skewed] [--rows N] [--dimension D] [--recall R] [--file SAVED_INDEX] " +
                    "[--rounds R] [--seconds S] [--updates PER_SECOND] [--merge-threshold N]");
                return 2;
            }
        }
        MeasureLog(metric, dimension);
        // Directions without structure are no data for a graph.
        set ??= kind is IndexKind.Fast or IndexKind.Compact ? VectorSet.Clustered : null;
        float[][] vectors = Pool(set, Queries + Updates, dimension), queries = vectors[..Queries];
        using LiveIndex live = Create(() => Index(kind, metric, set, rows, dimension, recall, file), threshold);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"live {live.Kind} index, {live.Metric}, {live.Count:N0} × {dimension} {set?.ToString() ?? "uniform"}, top 10, {updates:N0} updates/s; {RuntimeInformation.FrameworkDescription}; {Machine.Processor()}"));
        Console.WriteLine("| phase | searches/s | p50 µs | p99 µs | updates | pending at the end | merges | last merge ms |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        var ratios = new List<(double P50, double P99)>();
        Search(live, queries, TimeSpan.FromSeconds(1));
        for (int round = 0; round < rounds; round++)
        {
            Phase quiet = Search(live, queries, TimeSpan.FromSeconds(seconds));
            Print("quiet", quiet, 0, live);
            using var stop = new CancellationTokenSource();
            int sent = 0;
            var writer = new Thread(() => sent = Update(live, vectors[Queries..], updates, round, stop.Token));
            writer.Start();
            Phase busy = Search(live, queries, TimeSpan.FromSeconds(seconds));
            stop.Cancel();
            writer.Join(Patience);
            Print("updates", busy, sent, live);
            Print("changes wait", Search(live, queries, TimeSpan.FromSeconds(seconds)), 0, live);
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
        LiveIndex[] cases = Array.ConvertAll(changes, _ => Create(() => Index(IndexKind.Exact, metric, set: null, Rows, dimension, recall: 1, file: null), threshold: 100_000));
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

    private static LiveIndex Create(Func<VectorIndex> index, int threshold) => new(index(), new LiveOptions { MergeThreshold = threshold });

    /// <summary>The index in the file, or a new one, which is written there.</summary>
    private static VectorIndex Index(IndexKind kind, Metric metric, VectorSet? set, int rows, int dimension, double recall, string? file)
    {
        if (File.Exists(file))
            return VectorIndex.Load(file);
        using VectorMatrix matrix = set is { } shape ? ShapedVectors.Matrix(shape, rows, dimension, Seed) : RandomVectors.Matrix(rows, dimension, Seed);
        VectorIndex index = IndexBuilder.Build(matrix, metric, new IndexOptions { Kind = kind, TargetRecall = recall });
        if (index.Tuning is { } tuning)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"tuned to width {tuning.Width}, recall {tuning.Recall:F3}"));
        if (file is not null)
            index.Save(file);
        return index;
    }

    /// <summary>Vectors like those of the index.</summary>
    private static float[][] Pool(VectorSet? set, int count, int dimension)
    {
        if (set is { } shape)
            return ShapedVectors.Queries(shape, count, dimension, Seed);
        float[] elements = RandomVectors.Query(count * dimension, Seed + 1);
        return [.. Enumerable.Range(0, count).Select(i => elements[(i * dimension)..((i + 1) * dimension)])];
    }

    /// <summary>One search after the other, each with another query.</summary>
    private static Phase Search(LiveIndex live, float[][] queries, TimeSpan duration)
    {
        var results = new Neighbor[10];
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            float[] query = queries[times.Count % queries.Length];
            long before = Stopwatch.GetTimestamp();
            live.Search(query, results);
            times.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
        }
        double total = Stopwatch.GetElapsedTime(start).TotalSeconds;
        times.Sort();
        return new Phase(times.Count / total, times[times.Count / 2], times[times.Count * 99 / 100]);
    }

    /// <summary>Replaces, adds and deletes rows in proportions of a catalogue, at their times whether or not the ones before were late.</summary>
    private static int Update(LiveIndex live, float[][] vectors, int perSecond, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        long start = Stopwatch.GetTimestamp();
        int sent = 0;
        while (!stop.IsCancellationRequested)
        {
            for (; sent < Stopwatch.GetElapsedTime(start).TotalSeconds * perSecond && !stop.IsCancellationRequested; sent++)
            {
                float[] vector = vectors[random.Next(vectors.Length)];
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
