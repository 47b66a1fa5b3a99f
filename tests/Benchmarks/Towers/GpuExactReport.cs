using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.DeviceSearch;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace Benchmarks.Towers;

/// <summary>
/// <c>gpu-exact</c>: the exact search on a device beside the exact scan in memory, over the same rows in the same run. For each batch size: one run on the device (copies included), the answers of as many callers at once (batched,
/// merged and scored by the index), and the scan for as many queries, on one thread. Every batch is timed by itself, and the answers are held against the scan's.
/// </summary>
internal static class GpuExactReport
{
    private const string Usage =
        "usage: gpu-exact [--rows N] [--dimension D] [--batches 1,16,64] [--k N] [--denied N] [--metric innerproduct|cosine|l2] [--providers cuda,...] [--provider-options cuda.x=y,...] [--device ID] [--fp16] [--seconds S] [--seed N] [--json FILE]";

    private const int Queries = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (!Options.TryRead(arguments, out Options options))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        var towers = new TowerOptions { Providers = options.Providers, ProviderOptions = options.Settings, DeviceId = options.Device };
        if (towers.Validate() is [var fault, ..])
        {
            Console.Error.WriteLine(fault);
            return 2;
        }

        byte[] model = TopKModel.Make(ItemVectors.ColumnsFor(options.Metric, options.Dimension), options.Half);
        OpenedSession? session = new SessionOpener(towers, towers.Providers, NullLogger.Instance).Open("index", opened => new InferenceSession(model, opened), out string? refusal, defaults: ["cuda.use_tf32=0"]);
        if (session is null)
        {
            Console.Error.WriteLine(refusal);
            return 1;
        }

        long start = Stopwatch.GetTimestamp();
        using LiveIndex index = MakeIndex(options);
        double indexSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        var settings = new DeviceSearchSettings(options.Half, !options.Half, options.Batches.Max(), Patience);
        using var search = new OnnxDeviceSearch(index, session, settings, NullLogger.Instance, TimeProvider.System, CancellationToken.None);
        double deviceSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"gpu-exact on {string.Join(',', session.Providers)}, {options.Metric}, {options.Rows:N0} × {options.Dimension} {(options.Half ? "fp16" : "fp32")}, top {options.K}, {options.Denied} denied; {search.MatrixBytes / 1e6:N0} MB on the device after {deviceSeconds:F1} s; "
            + $"index {index.Bytes / 1e6:N0} MB after {indexSeconds:F1} s; ONNX Runtime {OrtEnv.Instance().GetVersionString()}; {Machine.Processor()}"));
        Console.WriteLine("batch   run p50 ms   p99 ms   answers p50 ms   p99 ms   scan p50 ms   p99 ms   unsuited   overlap");
        var rows = new List<Row>();
        foreach (int batch in options.Batches)
            rows.Add(await MeasureAsync(search, index, options, batch));
        if (options.Json is not null)
        {
            File.WriteAllText(options.Json, JsonSerializer.Serialize(
                new Report(
                    "gpu-exact", session.Providers, options.Settings, options.Metric.ToString(), options.Rows, options.Dimension, options.Half ? "fp16" : "fp32", options.K, options.Denied, search.MatrixBytes, index.Bytes, deviceSeconds, indexSeconds,
                    OrtEnv.Instance().GetVersionString(), Machine.Processor(), RuntimeInformation.OSDescription, rows),
                Machine.Json));
        }

        return 0;
    }

    private static async Task<Row> MeasureAsync(OnnxDeviceSearch search, LiveIndex index, Options options, int batch)
    {
        float[][] queries = [.. Enumerable.Range(0, Math.Max(Queries, batch)).Select(i => Vector(options, -1 - i))];
        using RowSet denied = RowSet.Rent(index.RowCount);
        for (int i = 0; i < options.Denied; i++)
            denied.Add((int)((long)i * index.RowCount / options.Denied));
        RowFilter filter = options.Denied > 0 ? RowFilter.Deny(denied) : default;
        var results = new Neighbor[batch][];
        for (int i = 0; i < batch; i++)
            results[i] = new Neighbor[options.K];

        double[] runs = Time(options.Seconds, round => search.RunOnce(queries, round * batch % queries.Length, batch, DeviceSearchPlan.Padded(options.K + options.Denied + 4)));
        int unsuited = 0, asked = 0, same = 0, wanted = 0;
        var scan = new Neighbor[options.K];
        double[] answers = await TimeAsync(options.Seconds, async round =>
        {
            var searches = new Task<DeviceSearchResult>[batch];
            for (int i = 0; i < batch; i++)
                searches[i] = search.SearchAsync(queries[((round * batch) + i) % queries.Length], results[i], filter, default, CancellationToken.None).AsTask();
            foreach (DeviceSearchResult result in await Task.WhenAll(searches))
                unsuited += result.Outcome == DeviceSearchOutcome.Found ? 0 : 1;
            asked += batch;
        });
        // By itself, for what is compared need not be timed.
        for (int i = 0; i < batch; i++)
        {
            DeviceSearchResult result = await search.SearchAsync(queries[i], results[i], filter, default, CancellationToken.None);
            if (result.Outcome != DeviceSearchOutcome.Found)
                continue;
            int found = index.Search(queries[i], scan, filter);
            wanted += found;
            same += scan.AsSpan(0, found).ToArray().Select(neighbor => neighbor.Row).Intersect(results[i].Take(result.Found).Select(neighbor => neighbor.Row)).Count();
        }

        double[] scans = Time(options.Seconds, round =>
        {
            for (int i = 0; i < batch; i++)
                index.Search(queries[((round * batch) + i) % queries.Length], scan, filter);
        });
        var row = new Row(
            batch, At(runs, 0.5), At(runs, 0.99), runs.Length, At(answers, 0.5), At(answers, 0.99), answers.Length, At(scans, 0.5), At(scans, 0.99), scans.Length,
            asked == 0 ? 0 : (double)unsuited / asked, wanted == 0 ? double.NaN : (double)same / wanted);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{batch,5}{row.RunP50Ms,13:F3}{row.RunP99Ms,9:F3}{row.AnswersP50Ms,17:F3}{row.AnswersP99Ms,9:F3}{row.ScanP50Ms,14:F3}{row.ScanP99Ms,9:F3}{row.Unsuited,11:P1}{row.Overlap,10:F4}"));
        return row;
    }

    private static double At(double[] sorted, double share) => sorted[Math.Min((int)(share * sorted.Length), sorted.Length - 1)];

    private static double[] Time(double seconds, Action<int> round) => TimeAsync(seconds, i =>
    {
        round(i);
        return ValueTask.CompletedTask;
    }).GetAwaiter().GetResult();

    /// <summary>Milliseconds of each round, ascending; a tenth of the time comes first and does not count.</summary>
    private static async Task<double[]> TimeAsync(double seconds, Func<int, ValueTask> round)
    {
        var times = new List<double>();
        int rounds = 0;
        for (long warm = Stopwatch.GetTimestamp(); rounds < 3 || Stopwatch.GetElapsedTime(warm).TotalSeconds < seconds / 10;)
            await round(rounds++);
        for (long begin = Stopwatch.GetTimestamp(); times.Count < 10 || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds;)
        {
            long start = Stopwatch.GetTimestamp();
            await round(rounds++);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        double[] sorted = [.. times];
        Array.Sort(sorted);
        return sorted;
    }

    private static LiveIndex MakeIndex(Options options)
    {
        using VectorMatrix rows = VectorMatrix.Create(options.Rows, options.Dimension, (row, vector) => Fill(options, row, vector));
        return new LiveIndex(IndexBuilder.Build(rows, options.Metric, new IndexOptions { FastEnough = TimeSpan.MaxValue, Threads = Environment.ProcessorCount }));
    }

    private static float[] Vector(Options options, int row)
    {
        var vector = new float[options.Dimension];
        Fill(options, row, vector);
        return vector;
    }

    /// <summary>Uniform elements, from a generator that is quick enough for a billion of them.</summary>
    private static void Fill(Options options, int row, Span<float> vector)
    {
        ulong state = ((ulong)(uint)row << 20) ^ ((ulong)(uint)options.Seed * 0x9E3779B97F4A7C15);
        foreach (ref float element in vector)
        {
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            element = (int)(mixed >> 40) * (2f / (1 << 24)) - 1;
        }
    }

    private sealed record Row(
        int Batch, double RunP50Ms, double RunP99Ms, int Runs, double AnswersP50Ms, double AnswersP99Ms, int Answers, double ScanP50Ms, double ScanP99Ms, int Scans, double Unsuited, double Overlap);

    private sealed record Report(
        string Benchmark, IReadOnlyList<string> Providers, IReadOnlyList<string> ProviderOptions, string Metric, int Rows, int Dimension, string Element, int K, int Denied, long DeviceBytes, long IndexBytes, double DeviceSeconds,
        double IndexSeconds, string OnnxRuntime, string Processor, string System, List<Row> Results);

    private sealed record Options
    {
        public int Rows { get; private set; } = 100_000;

        public int Dimension { get; private set; } = 64;

        public int[] Batches { get; private set; } = [1, 16, 64];

        public int K { get; private set; } = 10;

        public int Denied { get; private set; }

        public Metric Metric { get; private set; } = Metric.InnerProduct;

        public string[] Providers { get; private set; } = ["cpu"];

        public string[] Settings { get; private set; } = [];

        public int Device { get; private set; }

        public bool Half { get; private set; }

        public double Seconds { get; private set; } = 5;

        public int Seed { get; private set; } = 1;

        public string? Json { get; private set; }

        public static bool TryRead(string[] arguments, out Options options)
        {
            options = new Options();
            for (int i = 0; i < arguments.Length; i++)
            {
                if (arguments[i] == "--fp16")
                {
                    options.Half = true;
                    continue;
                }

                if (i + 1 == arguments.Length || !options.TrySet(arguments[i], arguments[++i]))
                    return false;
            }

            return options.K + options.Denied < DeviceSearchPlan.MostWanted;
        }

        private bool TrySet(string name, string value)
        {
            switch (name)
            {
                case "--rows": return IsCount(value, out int rows) && (Rows = rows) > 0;
                case "--dimension": return IsCount(value, out int dimension) && (Dimension = dimension) > 0;
                case "--k": return IsCount(value, out int k) && (K = k) > 0;
                case "--denied": return IsCount(value, out int denied) && (Denied = denied) >= 0;
                case "--device": return IsCount(value, out int device) && (Device = device) >= 0;
                case "--seed": return IsCount(value, out int seed) && (Seed = seed) >= 0;
                case "--seconds": return double.TryParse(value, CultureInfo.InvariantCulture, out double seconds) && (Seconds = seconds) > 0;
                case "--metric": return Enum.TryParse(value, ignoreCase: true, out Metric metric) && Enum.IsDefined(Metric = metric);
                case "--providers": return (Providers = value.Split(',')).Length > 0;
                case "--provider-options": return (Settings = value.Split(',')).Length > 0;
                case "--json": return (Json = value).Length > 0;
                case "--batches":
                    string[] sizes = value.Split(',');
                    Batches = [.. sizes.Select(size => IsCount(size, out int batch) ? batch : 0)];
                    return Batches.All(batch => batch is > 0 and <= 1024);
                default: return false;
            }
        }

        private static bool IsCount(string value, out int count) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }
}
