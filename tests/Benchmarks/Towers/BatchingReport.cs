using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Runtime;

namespace Benchmarks.Towers;

/// <summary>
/// `batching`: the retail user tower, asked by 1 to 256 callers at once, with continuous batching, without batching, and with batches that wait 2 ms; and what cutting batches of mixed lengths saves.
/// Contestants take turns within each round; figures are medians over the rounds.
/// </summary>
internal static class BatchingReport
{
    private const string Continuous = "continuous", Unbatched = "no batching", Delayed = "2 ms delay";
    private static readonly int[] AllLevels = [1, 4, 16, 64, 256];
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(2);

    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = 7;
        double seconds = 1;
        string? json = null;
        int[] levels = AllLevels;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--seconds" => double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds > 0,
                "--callers" => value is not null && TryReadLevels(value, out levels),
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("usage: batching [--rounds N] [--seconds S] [--callers 1,4,16,64,256] [--json FILE]");
                return 2;
            }
        }

        var options = new TowerOptions { IntraOpThreads = 1 };
        using RetailTower retail = await RetailTower.OpenAsync(options);
        UserTowerInput[] users = retail.MixedUsers(4096, seed: 1);
        using LoadingSlot<UserTowerInput, UserRows> one = retail.Tower.Runner.OpenSlot()!, other = retail.Tower.Runner.OpenSlot()!;
        using var delayed = new DelayedTower(other, Delay, options.MaxBatch, retail.Dimension);
        (string Name, IUserTower Tower)[] contestants = [(Continuous, retail.Tower), (Unbatched, new UnbatchedTower(one)), (Delayed, delayed)];

        Console.WriteLine($"retail user tower on one thread, histories of 1 to 50 items; {RuntimeInformation.FrameworkDescription}; {Machine.Processor()}; medians of {rounds} interleaved rounds of {seconds} s");
        Console.WriteLine("\n| callers | batching | per second | × no batching | p50 µs | p99 µs | rows/run |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: |");
        var rows = new List<Row>();
        foreach (int level in levels)
        {
            var measured = contestants.ToDictionary(contestant => contestant.Name, _ => new List<ClosedLoop.Figures>());
            var batches = new Dictionary<string, double>();
            for (int round = -2; round < rounds; round++)
            {
                foreach ((string name, IUserTower tower) in contestants)
                {
                    // The last round of the warm-up tells the size of batches: listening takes time, too.
                    using RunCounter? counter = round == -1 ? new RunCounter() : null;
                    long runsBefore = delayed.Runs;
                    ClosedLoop.Figures figures = await ClosedLoop.MeasureAsync(tower, users, retail.Dimension, level, TimeSpan.FromSeconds(seconds));
                    if (counter is not null)
                        batches[name] = name == Unbatched ? 1 : figures.PerSecond * seconds / Math.Max(name == Delayed ? delayed.Runs - runsBefore : counter.Runs, 1);
                    if (round >= 0)
                        measured[name].Add(figures);
                }
            }

            double baseline = Median(measured[Unbatched].Select(m => m.PerSecond));
            foreach ((string name, _) in contestants)
            {
                List<ClosedLoop.Figures> m = measured[name];
                var row = new Row(level, name, Median(m.Select(x => x.PerSecond)), 0, Median(m.Select(x => x.P50Us)), Median(m.Select(x => x.P99Us)), batches[name]);
                row = row with { TimesUnbatched = row.PerSecond / baseline };
                rows.Add(row);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {row.Callers} | {row.Batching} | {row.PerSecond:N0} | {row.TimesUnbatched:0.00} | {row.P50Us:N1} | {row.P99Us:N0} | {row.RowsPerRun:0.0} |"));
            }
        }

        Cut[] cuts = [.. ((int[])[16, 64, 128]).Select(size => MeasureCut(retail, one, users, size, rounds))];
        Console.WriteLine("\n| users of mixed lengths in one call | as one padded run µs | cut by length µs | ratio |\n| ---: | ---: | ---: | ---: |");
        foreach (Cut cut in cuts)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {cut.Users} | {cut.OneRunUs:N0} | {cut.CutUs:N0} | {cut.CutUs / cut.OneRunUs:0.00} |"));

        if (json is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(json))!);
            var report = new { Runtime = RuntimeInformation.FrameworkDescription, Processor = Machine.Processor(), Rounds = rounds, SecondsPerTurn = seconds, Rows = rows, Cuts = cuts };
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(report, Machine.Json) + "\n");
        }

        return Judge(rows, levels);
    }

    /// <summary>Says which of the promises hold; the figures of a busy machine are for its owner to judge, so the exit code is always 0.</summary>
    private static int Judge(List<Row> rows, int[] levels)
    {
        Row Of(int callers, string batching) => rows.Single(row => row.Callers == callers && row.Batching == batching);
        Console.WriteLine();
        if (levels.Contains(1))
            Say("1 caller within 5 % of no batching", Of(1, Continuous).PerSecond >= 0.95 * Of(1, Unbatched).PerSecond);
        if (levels.Contains(256))
            Say("256 callers at least 3 times as many as without", Of(256, Continuous).PerSecond >= 3 * Of(256, Unbatched).PerSecond);
        foreach (int level in levels)
            Say($"p99 of {level} callers below the delay's", Of(level, Continuous).P99Us < Of(level, Delayed).P99Us);
        return 0;

        static void Say(string what, bool holds) => Console.WriteLine($"{(holds ? "yes" : "NO ")}  {what}");
    }

    private static Cut MeasureCut(RetailTower retail, LoadingSlot<UserTowerInput, UserRows> slot, UserTowerInput[] users, int size, int rounds)
    {
        var embeddings = new float[size * retail.Dimension];
        var one = new List<double>();
        var cut = new List<double>();
        // Each shape's first runs are slow, and there are hundreds of shapes.
        for (int round = -15; round < rounds; round++)
        {
            double a = Time(start => slot.Encode(users.AsSpan(start, size), embeddings)), b = Time(start => retail.Tower.Runner.EncodeHere(users.AsMemory(start, size), embeddings));
            if (round < 0)
                continue;
            one.Add(a);
            cut.Add(b);
        }

        return new Cut(size, Median(one), Median(cut));

        double Time(Action<int> encode)
        {
            const int calls = 200;
            long begun = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
                encode(i * size % (users.Length - size));
            return Stopwatch.GetElapsedTime(begun).TotalMicroseconds / calls;
        }
    }

    private static bool TryReadLevels(string text, out int[] levels)
    {
        levels = [.. text.Split(',').Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out int level) ? level : 0)];
        return levels.All(level => level is > 0 and <= 10_000);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    internal sealed record Row(int Callers, string Batching, double PerSecond, double TimesUnbatched, double P50Us, double P99Us, double RowsPerRun);

    internal sealed record Cut(int Users, double OneRunUs, double CutUs);

    /// <summary>Counts the runs that the tower makes.</summary>
    private sealed class RunCounter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _runs;

        public RunCounter()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TowerMetrics.MeterName && instrument.Name == "recsys.tower.batch.rows")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((_, _, _, _) => Interlocked.Increment(ref _runs));
            _listener.Start();
        }

        public long Runs => Volatile.Read(ref _runs);

        public void Dispose() => _listener.Dispose();
    }
}
