using System.Globalization;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Embeddings;
using Inference.Storage.Redis;
using RedisRig;
using StackExchange.Redis;

namespace Benchmarks.Storage;

/// <summary>What one cached user costs, by how much memory grows over many.</summary>
internal static class StateSizes
{
    public static SizeRow InMemory(int users, int dimension)
    {
        float[] vector = StateReport.Vector(dimension, 1);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var embeddings = new TwoLevelEmbeddings(new StateOptions { EmbeddingCacheBytes = 16L << 30 }, null, StateReport.NewMetrics(), TimeProvider.System);
        for (int i = 0; i < users; i++)
            embeddings.Set(StateReport.Space, StateReport.User(i), 1, vector);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(embeddings);
        return new SizeRow("in the process", dimension, users, grown / (double)users, dimension * sizeof(float));
    }

    public static async Task<SizeRow[]> InRedisAsync(int users, int dimension)
    {
        await using RedisProcess redis = await RedisProcess.StartAsync();
        using ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(redis.Configuration);
        IDatabase database = client.GetDatabase();
        var keys = new RedisKeys("rs");
        long before = await UsedAsync(redis);
        await FillAsync(database, keys, users, dimension);
        long grown = await UsedAsync(redis) - before;
        long one = (long)await database.ExecuteAsync("MEMORY", "USAGE", keys.Embedding(StateReport.Space, StateReport.User(0)));
        return
        [
            new SizeRow("in Redis: used_memory", dimension, users, grown / (double)users, dimension * sizeof(float)),
            new SizeRow("in Redis: MEMORY USAGE of one key", dimension, 1, one, dimension * sizeof(float)),
        ];
    }

    /// <summary>Writes embeddings as the server would, without its queue.</summary>
    public static async Task FillAsync(IDatabase database, RedisKeys keys, int users, int dimension)
    {
        byte[] encoded = EmbeddingCodec.Encode(StateReport.Vector(dimension, 1), 1, TimeProvider.System.GetUtcNow());
        var sent = new List<Task>(1000);
        for (int i = 0; i < users; i++)
        {
            sent.Add(database.StringSetAsync(keys.Embedding(StateReport.Space, StateReport.User(i)), encoded, TimeSpan.FromDays(1)));
            if (sent.Count == 1000 || i == users - 1)
            {
                await Task.WhenAll(sent);
                sent.Clear();
            }
        }
    }

    private static async Task<long> UsedAsync(RedisProcess redis)
    {
        string info = (await redis.ExecuteAsync("INFO", "memory")).Text ?? "";
        return long.Parse(info.Split("\r\n").First(static line => line.StartsWith("used_memory:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);
    }
}
