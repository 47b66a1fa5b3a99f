using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Redis;
using StackExchange.Redis;

namespace Inference.Storage.VectorSets;

/// <summary>
/// Brings the item embeddings of a snapshot to a Redis with vector sets. Repeating it changes nothing; breaking it off leaves what is served as it is, and the next run goes on.
/// <list type="number">
/// <item>The generation is a hash of ids, vectors, attributes and settings; if the note of the space says it already, all is there.</item>
/// <item>It is noted as coming, so that whoever runs next knows what was left half done, and deletes it where it is another.</item>
/// <item>Every item is added to its shard under keys of this generation, a window of them under way at once. Adding one twice is adding it once.</item>
/// <item>The note of the space is replaced in one step: from then on processes ask the new sets.</item>
/// <item>The sets of the generation before, and of spaces beyond those to keep, are unlinked.</item>
/// </list>
/// Only one at a time may bring vectors of one space.
/// </summary>
public sealed class VectorSetPush(RedisConnection redis, TimeProvider time)
{
    /// <summary>Brings the vectors.</summary>
    /// <param name="progress">Receives the done share, 0 to 1; may be null.</param>
    /// <exception cref="StoreException">Redis failed, or has no vector sets.</exception>
    /// <exception cref="ArgumentException">The settings are out of their ranges, or do not fit the items.</exception>
    public async Task<VectorPushReport> RunAsync(Snapshot snapshot, VectorPushSettings settings, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        Check(settings);
        if (!await VectorSpaces.HasVectorSetsAsync(redis))
            throw new StoreException(StoreFailure.Refused, $"Redis at {redis.Address} has no vector sets: Redis 8 or later has.");
        string name = snapshot.Model.EmbeddingSpaceId;
        var corpus = new VectorCorpus(snapshot, settings);
        var space = new VectorSpace(
            corpus.Generation, settings.Shards, corpus.Count, snapshot.Model.Metric, snapshot.Model.Dimension, settings.Quantization, settings.Attributes, time.GetUtcNow());
        VectorSpace? before = await ReadAsync(redis.Keys.VectorSpaces, name);
        long added = 0;
        if (before?.Generation == space.Generation)
        {
            space = before;
        }
        else
        {
            await DropComingAsync(name, space, before);
            added = await AddAsync(name, space, corpus, settings, progress, cancellationToken);
            await redis.RunAsync("hset", database => database.HashSetAsync(redis.Keys.VectorSpaces, name, space.ToJson()), cancellationToken);
            await redis.RunAsync("hdel", database => database.HashDeleteAsync(redis.Keys.VectorSpacesComing, name), cancellationToken);
            if (before is not null)
                await UnlinkAsync(name, before);
        }

        return new VectorPushReport(space, added, await PruneAsync(name, settings.Keep));
    }

    /// <summary>What is there, by embedding space.</summary>
    /// <exception cref="StoreException">Redis failed.</exception>
    public async Task<IReadOnlyDictionary<string, VectorSpace>> ListAsync()
    {
        HashEntry[] all = await redis.RunAsync("hgetall", database => database.HashGetAllAsync(redis.Keys.VectorSpaces));
        var spaces = new SortedDictionary<string, VectorSpace>(StringComparer.Ordinal);
        foreach (HashEntry entry in all)
        {
            if (VectorSpace.TryRead(entry.Value!) is { } space)
                spaces[entry.Name!] = space;
        }

        return spaces;
    }

    /// <summary>Deletes the vectors of a space.</summary>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="StoreException">Redis failed.</exception>
    public async Task<bool> DropAsync(string name)
    {
        if (await ReadAsync(redis.Keys.VectorSpaces, name) is not { } space)
            return false;
        await redis.RunAsync("hdel", database => database.HashDeleteAsync(redis.Keys.VectorSpaces, name));
        await UnlinkAsync(name, space);
        return true;
    }

    private static void Check(VectorPushSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.Shards, VectorSpace.MostShards);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.BuildWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Keep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Window, 1);
        foreach (string attribute in settings.Attributes)
        {
            if (!EngineFilter.IsName(attribute))
                throw new ArgumentException($"Vector sets cannot filter by an attribute with the name '{attribute}': letters, digits and \"_\" can be.");
        }
    }

    private async Task<long> AddAsync(string name, VectorSpace space, VectorCorpus corpus, VectorPushSettings settings, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [.. Enumerable.Range(0, space.Shards).Select(shard => redis.Keys.Vectors(name, space.Generation, shard))];
        var window = new Queue<Task>();
        long added = 0;
        try
        {
            foreach (CorpusItem item in corpus.Read())
            {
                if (window.Count >= settings.Window)
                    await window.Dequeue();
                cancellationToken.ThrowIfCancellationRequested();
                window.Enqueue(AddAsync(keys[VectorSpace.ShardOf(item.Id, space.Shards)], item, settings));
                if (++added % 1000 == 0)
                    progress?.Report((double)added / corpus.Count);
            }

            while (window.Count > 0)
                await window.Dequeue();
        }
        finally
        {
            foreach (Task left in window)
                left.Forget();
        }

        return added;
    }

    private async Task AddAsync(RedisKey key, CorpusItem item, VectorPushSettings settings)
    {
        List<object> words = [key, "FP32", item.Form, item.Id, settings.Quantization switch { VectorQuantization.None => "NOQUANT", VectorQuantization.Binary => "BIN", _ => "Q8" }, "EF", settings.BuildWidth];
        if (item.Attributes is { } attributes)
            words.AddRange(["SETATTR", attributes]);
        await redis.RunAsync("vadd", words.ToArray(), static (database, words) => database.ExecuteAsync("VADD", words));
    }

    /// <summary>Notes what is coming, and deletes what another run had begun.</summary>
    private async Task DropComingAsync(string name, VectorSpace space, VectorSpace? before)
    {
        if (await ReadAsync(redis.Keys.VectorSpacesComing, name) is { } begun && begun.Generation != space.Generation && begun.Generation != before?.Generation)
            await UnlinkAsync(name, begun);
        await redis.RunAsync("hset", database => database.HashSetAsync(redis.Keys.VectorSpacesComing, name, space.ToJson()));
    }

    private async Task<IReadOnlyList<string>> PruneAsync(string name, int keep)
    {
        string[] old = [.. (await ListAsync()).Where(pair => pair.Key != name).OrderByDescending(pair => pair.Value.Pushed).Skip(keep - 1).Select(pair => pair.Key)];
        foreach (string other in old)
            await DropAsync(other);
        return old;
    }

    private async Task UnlinkAsync(string name, VectorSpace space)
    {
        // One by one: on a cluster they lie on different nodes.
        for (int shard = 0; shard < space.Shards; shard++)
        {
            RedisKey key = redis.Keys.Vectors(name, space.Generation, shard);
            await redis.RunAsync("unlink", key, static (database, key) => database.ExecuteAsync("UNLINK", key));
        }
    }

    private async Task<VectorSpace?> ReadAsync(RedisKey hash, string name)
    {
        RedisValue note = await redis.RunAsync("hget", database => database.HashGetAsync(hash, name));
        return note.IsNull ? null : VectorSpace.TryRead(note!);
    }
}
