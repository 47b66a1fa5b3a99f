using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Recommendations.Users;
using Inference.Storage;
using Microsoft.Extensions.DependencyInjection;
using RedisRig;

namespace Benchmarks.Storage;

/// <summary>
/// `state`: what it takes to look user embeddings up, in memory and in Redis, and how much memory a cached user costs in both. A redis-server is started on this machine, so round trips are those of
/// loopback. Contestants take turns within each round.
/// </summary>
internal static class StateReport
{
    public const string Space = "bench-1";

    private static readonly int[] Dimensions = [64, 128];

    public static async Task<int> RunAsync(string[] args)
    {
        int users = 1_000_000, rounds = 5;
        double seconds = 1;
        string? json = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--users" => int.TryParse(value, CultureInfo.InvariantCulture, out users) && users >= 1000,
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--seconds" => double.TryParse(value, CultureInfo.InvariantCulture, out seconds) && seconds > 0,
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("usage: state [--users N] [--rounds N] [--seconds S] [--json FILE]");
                return 2;
            }
        }

        if (RedisProcess.Missing is { } missing)
        {
            Console.Error.WriteLine(missing);
            return 1;
        }

        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}; {Machine.Processor()}; redis-server on the same machine");
        var turn = TimeSpan.FromSeconds(seconds);
        List<LookupRow> lookups = [];
        List<SizeRow> sizes = [];
        Console.WriteLine("\n| lookup | dimension | callers | per second | against the first | p50 µs | p99 µs | bytes allocated |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (int dimension in Dimensions)
            Print(lookups, MemoryLookups.Measure(dimension, rounds, turn));
        foreach (int dimension in Dimensions)
        {
            foreach (int callers in (int[])[1, 64])
                Print(lookups, await StoreLookups.MeasureAsync(dimension, callers, rounds, turn));
        }

        Console.WriteLine("\n| memory of a cached user | dimension | users | bytes | raw vector (fp32) | ratio |\n| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (int dimension in Dimensions)
        {
            foreach (SizeRow row in (SizeRow[])[StateSizes.InMemory(users, dimension), .. await StateSizes.InRedisAsync(users, dimension)])
            {
                sizes.Add(row);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {row.Where} | {row.Dimension} | {row.Users:N0} | {row.Bytes:0.0} | {row.RawBytes} | {row.Bytes / row.RawBytes:0.00} |"));
            }
        }

        List<CacheRow> caches = CacheComparison.Measure(rounds, turn);
        Console.WriteLine("\n| cache | ns per hit | bytes allocated per hit | bytes per entry, value apart | hit ratio, Zipf 0.8 | hit ratio, Zipf 1.0 | the same with scans |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (CacheRow row in caches)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.Cache} | {row.HitNanoseconds:0} | {row.HitAllocated:0} | {row.EntryBytes:0} | {row.HitRatioMild:0.000} | {row.HitRatioSteep:0.000} | {row.HitRatioScans:0.000} |"));
        }

        if (json is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(json))!);
            var report = new { Runtime = RuntimeInformation.FrameworkDescription, Processor = Machine.Processor(), Rounds = rounds, SecondsPerTurn = seconds, Lookups = lookups, Sizes = sizes, Caches = caches };
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(report, Machine.Json) + "\n");
        }

        return 0;
    }

    /// <summary>Keys as they come out of HMAC: evenly spread.</summary>
    public static UserKey User(int number)
    {
        ulong x = ((ulong)number + 1) * 0x9E37_79B9_7F4A_7C15;
        return new UserKey(Mix(x), Mix(x + 0x9E37_79B9_7F4A_7C15));
    }

    public static float[] Vector(int dimension, int seed)
    {
        var random = new Random(seed);
        var vector = new float[dimension];
        for (int i = 0; i < dimension; i++)
            vector[i] = (float)(random.NextDouble() - 0.5);
        return vector;
    }

    public static StorageMetrics NewMetrics() => new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    private static void Print(List<LookupRow> all, List<LookupRow> rows)
    {
        foreach (LookupRow row in rows)
        {
            all.Add(row);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.What} | {row.Dimension} | {row.Callers} | {row.PerSecond:N0} | {row.Ratio:0.00} | {row.P50Microseconds:0.0} | {row.P99Microseconds:0.0} | {row.Allocated:N0} |"));
        }
    }

    /// <summary>Stafford's thirteenth variant of the MurmurHash3 finalizer.</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9;
        x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB;
        return x ^ (x >> 31);
    }
}

/// <param name="What">The contestant.</param>
/// <param name="PerSecond">Median over the rounds; where one thread measures, the round that was disturbed least.</param>
/// <param name="P99Microseconds">Null where a lookup is too short to time alone.</param>
/// <param name="Ratio">Median of its rate against the first contestant's in the same round.</param>
/// <param name="Allocated">Bytes allocated per lookup, on all threads.</param>
internal sealed record LookupRow(string What, int Dimension, int Callers, double PerSecond, double Ratio, double P50Microseconds, double? P99Microseconds, double Allocated);

/// <param name="Bytes">Of one user, everything included.</param>
internal sealed record SizeRow(string Where, int Dimension, int Users, double Bytes, int RawBytes);

/// <param name="HitNanoseconds">Of the round that was disturbed least.</param>
/// <param name="EntryBytes">What an entry costs beside its value.</param>
/// <param name="HitRatioMild">Of a trace with exponent 0.8.</param>
/// <param name="HitRatioSteep">Of one with exponent 1.0.</param>
/// <param name="HitRatioScans">Of the steep one, with runs of keys that come once.</param>
internal sealed record CacheRow(string Cache, double HitNanoseconds, double HitAllocated, double EntryBytes, double HitRatioMild, double HitRatioSteep, double HitRatioScans);
