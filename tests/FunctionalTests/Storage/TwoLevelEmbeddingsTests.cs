using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Embeddings;
using Inference.Storage.Redis;
using StackExchange.Redis;
using Xunit;

namespace FunctionalTests.Storage;

/// <summary>Two replicas that share a real Redis.</summary>
public class TwoLevelEmbeddingsTests
{
    private static readonly UserKey Ann = RedisWorld.User(1), Bob = RedisWorld.User(2);

    [SkippableFact]
    public async Task Embedding_OfOneReplica_IsFoundByTheOther_AndThenInItsMemory()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica one = await Replica.StartAsync(redis), other = await Replica.StartAsync(redis);

        one.Embeddings.Set("a", Ann, 7, [1, 2, 3]);
        await redis.UntilKeysAsync(2);

        Assert.Equal("1 2 3", await other.FindAsync("a", Ann, 7, 3));
        Assert.Equal((0, 1), (other.Embeddings.Memory.Hits, other.Embeddings.Memory.Misses));
        Assert.Equal("1 2 3", await other.FindAsync("a", Ann, 7, 3));
        Assert.Equal((1, 1), (other.Embeddings.Memory.Hits, other.Embeddings.Memory.Misses));
        Assert.Null(await other.FindAsync("a", Ann, 8, 3));
        Assert.Null(await other.FindAsync("a", Bob, 7, 3));
        Assert.Equal("a", redis.Cli("SMEMBERS", "rs:spaces"));
        Assert.InRange(int.Parse(redis.Cli("TTL", $"rs:e:a:{{{Ann}}}"), System.Globalization.CultureInfo.InvariantCulture), 86_400 * 0.9 - 5, 86_400);
        other.World.Observe();
        Assert.Equal((1, 2), (other.World.Counts["recsys.cache.hits embeddings redis"], other.World.Counts["recsys.cache.misses embeddings redis"]));
    }

    [SkippableFact]
    public async Task Garbage_InRedis_IsAMiss_IsCounted_AndIsReplaced()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        string key = $"rs:e:a:{{{Ann}}}";
        redis.Cli("SET", key, "garbage");
        redis.Cli("RPUSH", $"rs:e:a:{{{Bob}}}", "a list");

        Assert.Null(await replica.FindAsync("a", Ann, 7, 1));
        Assert.Null(await replica.FindAsync("a", Bob, 7, 1));
        Assert.Equal(1, replica.World.Counts["recsys.store.failures corrupt"]);
        replica.Embeddings.Set("a", Ann, 7, [1]);
        replica.Embeddings.Set("a", Bob, 7, [2]);
        await replica.UntilWrittenAsync();

        await using Replica other = await Replica.StartAsync(redis);
        Assert.Equal("1", await other.FindAsync("a", Ann, 7, 1));
        Assert.Equal("2", await other.FindAsync("a", Bob, 7, 1));
    }

    [SkippableFact]
    public async Task Reads_OfTheSameUserAtOnce_AreOneReadOfRedis()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica one = await Replica.StartAsync(redis), other = await Replica.StartAsync(redis);
        one.Embeddings.Set("a", Ann, 7, [1]);
        await redis.UntilKeysAsync(2);
        redis.Freeze();
        Task<string?>[] reads;
        try
        {
            reads = [.. Enumerable.Range(0, 20).Select(_ => other.FindAsync("a", Ann, 7, 1).AsTask())];
        }
        finally
        {
            redis.Thaw();
        }

        Assert.All(await Task.WhenAll(reads), found => Assert.Equal("1", found));
        other.World.Observe();
        Assert.Equal(20, other.World.Counts["recsys.cache.hits embeddings redis"]);
        Assert.Contains("cmdstat_mget:calls=1,", redis.Cli("INFO", "commandstats"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Read_ThatItsCallerGaveUp_FillsMemoryAllTheSame()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica one = await Replica.StartAsync(redis), other = await Replica.StartAsync(redis);
        one.Embeddings.Set("a", Ann, 7, [1]);
        await redis.UntilKeysAsync(2);
        redis.Freeze();
        try
        {
            using var patience = new CancellationTokenSource();
            ValueTask<bool> read = other.Embeddings.TryGetAsync("a", Ann, 7, new float[1], patience.Token);
            await patience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
        }
        finally
        {
            redis.Thaw();
        }

        await RedisWorld.UntilAsync(() => other.Embeddings.Memory.Entries == 1);
        Assert.Equal("1", await other.FindAsync("a", Ann, 7, 1));
        Assert.Equal(1, other.Embeddings.Memory.Hits);
    }

    [SkippableFact]
    public async Task Forget_WhileARedisReadIsUnderWay_KeepsWhatItFindsOutOfMemory()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica one = await Replica.StartAsync(redis), other = await Replica.StartAsync(redis);
        one.Embeddings.Set("a", Ann, 7, [1]);
        await redis.UntilKeysAsync(2);
        redis.Freeze();
        Task<string?> read;
        try
        {
            read = other.FindAsync("a", Ann, 7, 1).AsTask();
            other.Embeddings.Forget(Ann);
        }
        finally
        {
            redis.Thaw();
        }

        Assert.Null(await read);
        Assert.Equal(0, other.Embeddings.Memory.Entries);
    }

    [SkippableFact]
    public async Task Redis_ThatIsAway_ReadsAsAMiss_AndDropsWrites()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        redis.Kill();
        await RedisWorld.UntilAsync(() => replica.World.Connection.Status == RedisStatus.Connecting);

        replica.Embeddings.Set("a", Ann, 7, [1]);

        Assert.Equal("1", await replica.FindAsync("a", Ann, 7, 1));
        Assert.Null(await replica.FindAsync("a", Bob, 7, 1));
        Assert.Equal(1, replica.World.Counts["recsys.store.queue.dropped embeddings"]);
    }

    [SkippableFact]
    public async Task Redis_ThatIsReadOnlyOrFull_RefusesWrites_AndStillServesReads()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica replica = await Replica.StartAsync(redis);
        redis.Cli("CONFIG", "SET", "maxmemory", "1");

        replica.Embeddings.Set("a", Ann, 7, [1]);
        await RedisWorld.UntilAsync(() => replica.World.Counts.ContainsKey("recsys.store.queue.dropped embeddings"));

        Assert.True(replica.World.Counts["recsys.store.failures refused"] > 0);
        Assert.Null(await replica.FindAsync("a", Bob, 7, 1));
        Assert.Equal(RedisStatus.Connected, replica.World.Connection.Status);
    }

    [SkippableFact]
    public async Task Writes_OfManyUsers_AllArrive_TheLatestOfEach()
    {
        using RedisProcess redis = await RedisProcess.StartAsync();
        await using Replica one = await Replica.StartAsync(redis), other = await Replica.StartAsync(redis);

        for (int round = 1; round <= 3; round++)
        {
            for (int user = 0; user < 1_000; user++)
                one.Embeddings.Set("a", RedisWorld.User(user), (ulong)round, [round]);
        }

        await one.UntilWrittenAsync();
        await redis.UntilKeysAsync(1_001);
        string?[] found = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(user => other.FindAsync("a", RedisWorld.User(user), 3, 1).AsTask()));
        Assert.All(found, vector => Assert.Equal("3", vector));
    }

    private sealed class Replica(RedisWorld world) : IAsyncDisposable
    {
        public RedisWorld World => world;

        public TwoLevelEmbeddings Embeddings { get; } = new(new StateOptions(), world.Connection, world.Metrics, TimeProvider.System);

        public static async Task<Replica> StartAsync(RedisProcess redis) => new(await RedisWorld.ConnectedAsync(redis.Address));

        public async ValueTask<string?> FindAsync(string space, UserKey user, ulong stamp, int dimension)
        {
            var embedding = new float[dimension];
            return await Embeddings.TryGetAsync(space, user, stamp, embedding, default) ? string.Join(' ', embedding) : null;
        }

        public Task UntilWrittenAsync() => RedisWorld.UntilAsync(() =>
        {
            World.Observe();
            return World.Counts["recsys.store.queue.length embeddings"] == 0;
        });

        public async ValueTask DisposeAsync()
        {
            await Embeddings.DisposeAsync();
            await world.DisposeAsync();
        }
    }
}
