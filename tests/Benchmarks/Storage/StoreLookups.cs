using System.Diagnostics;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Embeddings;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using RedisRig;
using StackExchange.Redis;

namespace Benchmarks.Storage;

/// <summary>Lookups that Redis answers, by one caller after another and by 64 at once in a closed loop. The bare client's GET is what the rest is held against.</summary>
internal static class StoreLookups
{
    private const int Users = 100_000;

    public static async Task<List<LookupRow>> MeasureAsync(int dimension, int callers, int rounds, TimeSpan turn)
    {
        await using RedisProcess redis = await RedisProcess.StartAsync();
        StorageMetrics metrics = StateReport.NewMetrics();
        var options = new RedisOptions { Configuration = redis.Configuration, CommandTimeout = TimeSpan.FromSeconds(10) };
        await using var connection = new RedisConnection(options, metrics, TimeProvider.System, NullLogger<RedisConnection>.Instance);
        while (connection.Status != RedisStatus.Connected)
            await Task.Delay(10);
        using ConnectionMultiplexer bare = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        IDatabase database = bare.GetDatabase();
        await StateSizes.FillAsync(database, connection.Keys, Users, dimension);

        // Users in random order and a cache that holds few of them: nearly every lookup goes to Redis.
        var memory = new StateOptions { EmbeddingCacheBytes = 1 << 16 };
        await using var embeddings = new TwoLevelEmbeddings(memory, connection, metrics, TimeProvider.System);
        RedisKey Key(UserKey user) => connection.Keys.Embedding(StateReport.Space, user);
        (string Name, Func<UserKey, float[], Task> Call)[] contestants =
        [
            ("GET of the bare client", (user, _) => database.StringGetAsync(Key(user))),
            ("RedisConnection.GetAsync", (user, _) => connection.GetAsync(Key(user)).AsTask()),
            ("embeddings, memory missed", (user, vector) => embeddings.TryGetAsync(StateReport.Space, user, 1, vector, default).AsTask()),
        ];
        var rates = new double[contestants.Length][];
        var times = new List<double>[contestants.Length];
        var allocated = new double[contestants.Length];
        for (int c = 0; c < contestants.Length; c++)
        {
            rates[c] = new double[rounds];
            times[c] = [];
        }

        for (int round = -1; round < rounds; round++)
        {
            for (int c = 0; c < contestants.Length; c++)
            {
                long bytes = GC.GetTotalAllocatedBytes(), start = Stopwatch.GetTimestamp();
                List<double>[] all = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => LoopAsync(contestants[c].Call, dimension, (round * 1000) + caller, start, turn))));
                TimeSpan took = Stopwatch.GetElapsedTime(start);
                int calls = all.Sum(static own => own.Count);
                if (round < 0)
                    continue;
                rates[c][round] = calls / took.TotalSeconds;
                allocated[c] = (GC.GetTotalAllocatedBytes() - bytes) / (double)calls;
                foreach (List<double> own in all)
                    times[c].AddRange(own);
            }
        }

        List<LookupRow> rows = [];
        for (int c = 0; c < contestants.Length; c++)
        {
            times[c].Sort();
            rows.Add(new LookupRow(
                contestants[c].Name, dimension, callers, Rounds.Median(rates[c]), Rounds.Ratio(rates[c], rates[0]), times[c][times[c].Count / 2], times[c][times[c].Count * 99 / 100], allocated[c]));
        }

        return rows;
    }

    /// <summary>One caller; returns the microseconds of each lookup.</summary>
    private static async Task<List<double>> LoopAsync(Func<UserKey, float[], Task> call, int dimension, int seed, long start, TimeSpan turn)
    {
        var random = new Random(seed);
        var vector = new float[dimension];
        var times = new List<double>(1 << 14);
        while (Stopwatch.GetElapsedTime(start) < turn)
        {
            long began = Stopwatch.GetTimestamp();
            await call(StateReport.User(random.Next(Users)), vector);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }

        return times;
    }
}
