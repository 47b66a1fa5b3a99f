using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Benchmarks.Storage;
using Inference.Recommendations;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers;
using Inference.Towers.Bundles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Comparison;

/// <summary>
/// `shadow`: what shadow traffic costs those who are served. One caller asks for known users at a steady rate, the same model stands in its own shadow, and shares take turns within each round; in process, so that no
/// transport hides the difference.
/// </summary>
internal static class ShadowCost
{
    private static readonly double[] Shares = [0, 0.01, 0.1, 1];

    public static async Task<int> RunAsync(string[] args)
    {
        string? bundle = null;
        int rounds = 5, rate = 1_000;
        double seconds = 2;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--bundle" => (bundle = value) is not null,
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--rate" => int.TryParse(value, CultureInfo.InvariantCulture, out rate) && rate > 0,
                "--seconds" => double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds > 0,
                _ => false,
            };
            if (!understood)
                bundle = null;
        }

        if (bundle is null)
        {
            Console.Error.WriteLine("usage: shadow --bundle DIR [--rounds N] [--rate REQUESTS_PER_SECOND] [--seconds S]");
            return 2;
        }

        LoadedBundle active = await LoadAsync(bundle), other = await LoadAsync(bundle);
        Snapshot parts = other.Snapshot;
        // The same model under another version: what is measured is the price of asking twice.
        var shadow = new Snapshot(
            new ModelIdentity(parts.Model.Name, "shadow", parts.Model.EmbeddingSpaceId, parts.Model.Dimension, parts.Model.Metric), parts.Items, parts.Index, parts.UserTower, parts.ItemTower, parts.Popularity, parts.Profiles, parts);
        var rows = new List<Row>[Shares.Length];
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < Shares.Length; i++)
            {
                Row row = await MeasureAsync(active, shadow, Shares[i], rate, TimeSpan.FromSeconds(seconds));
                // The first round is for the compiler.
                if (round > 0)
                    (rows[i] ??= []).Add(row);
            }
        }

        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}; {Machine.Processor()}; {active.Snapshot.Model.FullVersion}, {active.Snapshot.Items.Count:N0} items, {rate} requests/s, medians of {rounds} rounds");
        Console.WriteLine("\n| share | p50 µs | p99 µs | process CPU µs/request | compared | dropped |\n| ---: | ---: | ---: | ---: | ---: | ---: |");
        for (int i = 0; i < Shares.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {Shares[i]:0.00} | {Median(rows[i], row => row.P50):0.0} | {Median(rows[i], row => row.P99):0.0} | {Median(rows[i], row => row.Cpu):0.0} | {rows[i].Sum(row => row.Compared):N0} | {rows[i].Sum(row => row.Dropped):N0} |"));
        }

        active.Snapshot.Dispose();
        shadow.Dispose();
        return 0;
    }

    private static async Task<Row> MeasureAsync(LoadedBundle active, Snapshot shadow, double share, int rate, TimeSpan length)
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
        var keys = new UserKeyRing("a secret of the benchmarks"u8);
        var states = new BundleStates(active.Users, keys);
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(active.Snapshot);
        snapshots.Add(shadow);
        var pipeline = new RecommendationPipeline(states, null, keys, new PipelineOptions(), new RecommendationMetrics(meters), TimeProvider.System, NullLoggerFactory.Instance);
        await using var traffic = new ShadowTraffic(
            new ShadowPlan(shadow.Model.FullVersion, share), snapshots, states, keys, new ShadowMetrics(meters), TimeProvider.System, NullLoggerFactory.Instance);
        RecommendQuery[] queries = [.. active.Users.Keys.Order(StringComparer.Ordinal).Take(10_000).Select(user => new RecommendQuery { UserId = user })];
        string[] ids = [.. Enumerable.Range(0, queries.Length).Select(i => $"request-{i}")];

        var times = new LatencyHistogram();
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        long start = Stopwatch.GetTimestamp(), step = Stopwatch.Frequency / rate;
        int asked = 0;
        for (; Stopwatch.GetElapsedTime(start) < length; asked++)
        {
            TimeSpan early = TimeSpan.FromSeconds((double)(start + (asked * step) - Stopwatch.GetTimestamp()) / Stopwatch.Frequency);
            if (early > TimeSpan.Zero)
                await Task.Delay(early, TimeProvider.System);
            long begun = Stopwatch.GetTimestamp();
            long offered = traffic.Begin();
            int i = asked % queries.Length;
            RecommendReply reply = await pipeline.RecommendAsync(active.Snapshot, queries[i], CancellationToken.None);
            traffic.Offer(active.Snapshot, queries[i], ids[i], reply, offered);
            times.Record((long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds);
        }

        await traffic.StopAsync(CancellationToken.None);
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime - before;
        ShadowReport? report = traffic.Report();
        return new Row(times.Quantile(0.5) / 1e3, times.Quantile(0.99) / 1e3, cpu.TotalMicroseconds / asked, report?.Compared ?? 0, report?.Dropped ?? 0);
    }

    private static Task<LoadedBundle> LoadAsync(string folder) => BundleLoader.LoadAsync(folder, new TowerOptions(), null, NullLogger.Instance);

    private static double Median(List<Row> rows, Func<Row, double> figure) => Rounds.Median(rows.Select(figure));

    private readonly record struct Row(double P50, double P99, double Cpu, long Compared, long Dropped);

    /// <summary>The bundle's users, without a store.</summary>
    private sealed class BundleStates(IReadOnlyDictionary<string, UserState> users, UserKeyRing keys) : IUserStates
    {
        private readonly Dictionary<UserKey, UserState> _states = users.ToDictionary(user => keys.Of(user.Key).Key, user => user.Value);

        public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => new(new UserLookup(Held(user)));

        public UserState? Held(UserIdentity user) => _states.GetValueOrDefault(user.Key);
    }
}
