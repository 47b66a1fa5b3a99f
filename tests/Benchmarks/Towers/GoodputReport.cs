using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Cli.Load;
using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;

namespace Benchmarks.Towers;

/// <summary>
/// `goodput`: a tower that is offered half, once, twice and three times what it can do, by users who wait 20 ms; and the same when it is not told how long they wait. Open loop, Poisson arrivals, each measured from
/// the moment it was meant to come. One thread offers, the rest is the tower's.
/// </summary>
internal static class GoodputReport
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(20);
    private static readonly double[] Factors = [0.5, 1, 2, 3];

    public static async Task<int> RunAsync(string[] args)
    {
        double seconds = 10;
        string? json = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--seconds" => double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds > 0,
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("usage: goodput [--seconds S] [--json FILE]");
                return 2;
            }
        }

        using OpenedTowers towers = HeavyTower.Open();
        UserTowerInput[] users = HeavyTower.Users(4096);
        await ClosedLoop.MeasureAsync(towers.User, users, HeavyTower.Dimension, 256, TimeSpan.FromSeconds(Math.Min(seconds, 2)));
        double capacity = (await ClosedLoop.MeasureAsync(towers.User, users, HeavyTower.Dimension, 256, TimeSpan.FromSeconds(Math.Min(seconds, 5)))).PerSecond;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"capacity {capacity:N0} users/s; deadline {Deadline.TotalMilliseconds} ms; {seconds} s each; {RuntimeInformation.FrameworkDescription}; {Machine.Processor()}"));
        Console.WriteLine("\n| offered | per second | deadlines | in time per second | of the peak | answered late | declined | p99 ms of answers |\n| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
        var rows = new List<Row>();
        foreach (bool told in (bool[])[true, false])
        {
            var these = new List<Row>();
            foreach (double factor in Factors)
                these.Add(await OfferAsync(towers.User, users, factor, factor * capacity, told, seconds));
            double peak = these.Max(row => row.InTimePerSecond);
            foreach (Row row in these)
            {
                rows.Add(row with { OfPeak = row.InTimePerSecond / peak });
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {row.Factor:0.0}× | {row.OfferedPerSecond:N0} | {(told ? "told" : "not told")} | {row.InTimePerSecond:N0} | {rows[^1].OfPeak:P0} | {row.LatePerSecond:N0} | {row.DeclinedPerSecond:N0} | {row.P99Ms:0.0} |"));
            }
        }

        if (json is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(json))!);
            var report = new { Runtime = RuntimeInformation.FrameworkDescription, Processor = Machine.Processor(), Seconds = seconds, CapacityPerSecond = capacity, DeadlineMs = Deadline.TotalMilliseconds, Rows = rows };
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(report, Machine.Json) + "\n");
        }

        double kept = rows.Single(row => row.Told && row.Factor == 3).OfPeak;
        Console.WriteLine($"\n{(kept >= 0.9 ? "yes" : "NO ")}  at three times the capacity at least 90 % of the peak are answered in time");
        return 0;
    }

    private static async Task<Row> OfferAsync(IUserTower tower, UserTowerInput[] users, double factor, double rate, bool told, double seconds)
    {
        var tally = new Tally();
        var offering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            Offer(tower, users, rate, told, seconds, tally);
            offering.SetResult();
        })
        { IsBackground = true, Name = "arrivals" }.Start();
        await offering.Task;
        while (tally.Open > 0)
            await Task.Delay(10);
        long[] latencies = [.. tally.Latencies];
        Array.Sort(latencies);
        double p99 = latencies.Length == 0 ? 0 : latencies[(int)(latencies.Length * 0.99)] * 1e3 / Stopwatch.Frequency;
        return new Row(factor, tally.Offered / seconds, told, tally.InTime / seconds, 0, tally.Late / seconds, tally.Declined / seconds, p99);
    }

    /// <summary>Walks the arrivals. Where it is late, for cores are few, that counts as the call's.</summary>
    private static void Offer(IUserTower tower, UserTowerInput[] users, double rate, bool told, double seconds, Tally tally)
    {
        var random = new Random(11);
        var pacer = new Pacer(TimeProvider.System);
        pacer.TakeThread();
        long start = Stopwatch.GetTimestamp();
        double due = 0, offset = pacer.Now / 1e9;
        for (int i = 0; due < seconds; i++)
        {
            due += -Math.Log(1 - random.NextDouble()) / rate;
            long at = start + (long)(due * Stopwatch.Frequency);
            pacer.WaitUntil((long)((due + offset) * 1e9), CancellationToken.None);
            tally.Begin();
            ReadOnlyMemory<UserTowerInput> user = users.AsMemory(i % users.Length, 1);
            // On a thread of the pool, as a request is: an idle tower runs it there, and this thread has to go on.
            _ = Task.Run(() => CallAsync(tower, user, at, told, tally));
        }
    }

    private static async Task CallAsync(IUserTower tower, ReadOnlyMemory<UserTowerInput> user, long due, bool told, Tally tally)
    {
        TimeSpan left = Deadline - Stopwatch.GetElapsedTime(due);
        EncodeOutcome outcome = await tower.EncodeAsync(user, new float[HeavyTower.Dimension], new Urgency(Patience: told ? left : null), CancellationToken.None).ConfigureAwait(false);
        tally.End(outcome, Stopwatch.GetTimestamp() - due);
    }

    internal sealed record Row(
        double Factor, double OfferedPerSecond, bool Told, double InTimePerSecond, double OfPeak, double LatePerSecond, double DeclinedPerSecond, double P99Ms);

    private sealed class Tally
    {
        private readonly Lock _gate = new();
        private long _open;

        public List<long> Latencies { get; } = [];

        public long Offered { get; private set; }

        public long InTime { get; private set; }

        public long Late { get; private set; }

        public long Declined { get; private set; }

        public long Open => Volatile.Read(ref _open);

        public void Begin()
        {
            Offered++;
            Interlocked.Increment(ref _open);
        }

        public void End(EncodeOutcome outcome, long latency)
        {
            lock (_gate)
            {
                if (outcome != EncodeOutcome.Encoded)
                {
                    Declined++;
                }
                else
                {
                    Latencies.Add(latency);
                    if (latency <= Deadline.TotalSeconds * Stopwatch.Frequency)
                        InTime++;
                    else
                        Late++;
                }
            }

            Interlocked.Decrement(ref _open);
        }
    }
}
