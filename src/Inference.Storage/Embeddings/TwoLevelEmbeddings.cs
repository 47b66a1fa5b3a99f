using System.Collections.Concurrent;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;
using Inference.Storage.Redis;

namespace Inference.Storage.Embeddings;

/// <summary>
/// User embeddings in memory, with Redis behind it where there is one.
/// <list type="number">
/// <item>Memory first: a hit is synchronous and allocates nothing.</item>
/// <item>A miss reads Redis, once for all that ask for the same user meanwhile. The read goes on when its callers have given up, and what it finds fills memory.</item>
/// <item>What Redis holds is checked; what is not sound counts as corrupt and as a miss, and the next write replaces it.</item>
/// <item>Writes go to memory at once and to Redis behind the caller's back (<see cref="EmbeddingWrites"/>).</item>
/// </list>
/// An embedding is right for as long as its stamp is, so its age says nothing about its worth; the time to live only lets those go that nobody asks for. One that is asked for in the last tenth of
/// its life is renewed, in memory and in Redis, and not made again. Safe for concurrent use.
/// </summary>
public sealed class TwoLevelEmbeddings : IUserEmbeddings, IAsyncDisposable
{
    private static readonly object Marker = new();

    /// <summary>For so long nothing is kept of a user who was forgotten: an embedding may still be in the making.</summary>
    private static readonly TimeSpan ForgottenFor = TimeSpan.FromMinutes(1);

    private readonly SieveCache<EmbeddingKey, byte[]> _memory;
    private readonly SieveCache<UserKey, object> _forgotten;
    private readonly ConcurrentDictionary<EmbeddingKey, SharedRead> _reads = new();
    private readonly EmbeddingSpaces _spaces = new();
    private readonly RedisConnection? _redis;
    private readonly EmbeddingWrites? _writes;
    private readonly StorageMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeToLive, _renewWithin;
    private long _redisHits, _redisMisses;

    /// <param name="options">How much memory, and how long embeddings live.</param>
    /// <param name="redis">What is shared; null keeps all in this process. Not disposed here.</param>
    public TwoLevelEmbeddings(StateOptions options, RedisConnection? redis, StorageMetrics metrics, TimeProvider time)
        : this("embeddings", options.EmbeddingCacheBytes, options.EmbeddingTimeToLive, redis, metrics, time)
    {
    }

    /// <param name="name">What metrics call the cache and its queue.</param>
    /// <param name="bytes">How much memory.</param>
    /// <param name="timeToLive">How long embeddings live.</param>
    /// <param name="redis">What is shared; null keeps all in this process. Not disposed here.</param>
    internal TwoLevelEmbeddings(string name, long bytes, TimeSpan timeToLive, RedisConnection? redis, StorageMetrics metrics, TimeProvider time)
    {
        _metrics = metrics;
        _time = time;
        _redis = redis;
        _timeToLive = timeToLive;
        _renewWithin = 0.1 * _timeToLive;
        _memory = new SieveCache<EmbeddingKey, byte[]>(bytes, time);
        _forgotten = new SieveCache<UserKey, object>(1 << 20, time);
        metrics.Watch(name, "memory", () => _memory.Report);
        if (redis is null)
            return;
        _writes = new EmbeddingWrites(redis, _spaces, metrics, TimeToLiveOf, TimeSpan.FromSeconds(1), time, queue: name);
        metrics.Watch(name, "redis", () => new CacheReport(Interlocked.Read(ref _redisHits), Interlocked.Read(ref _redisMisses)));
    }

    /// <summary>What memory found and not, and its size.</summary>
    internal CacheReport Memory => _memory.Report;

    /// <inheritdoc/>
    public ValueTask<bool> TryGetAsync(string space, UserKey user, ulong stamp, Memory<float> embedding, CancellationToken cancellationToken)
    {
        var key = new EmbeddingKey(_spaces.NumberOf(space), user);
        if (_memory.TryGet(key, (stamp, embedding.Length), Fits, out byte[]? encoded, out TimeSpan left))
        {
            EmbeddingCodec.Decode(encoded, embedding.Span);
            if (left < _renewWithin)
                Keep(key, EmbeddingCodec.Renew(encoded, _time.GetUtcNow()));
            return new ValueTask<bool>(true);
        }

        return _redis is null ? new ValueTask<bool>(false) : ReadThroughAsync(key, stamp, embedding, cancellationToken);
    }

    /// <summary>Copies an embedding that memory holds; asks no store.</summary>
    internal bool TryGetHeld(string space, UserKey user, ulong stamp, Span<float> embedding)
    {
        var key = new EmbeddingKey(_spaces.NumberOf(space), user);
        if (!_memory.TryGet(key, (stamp, embedding.Length), Fits, out byte[]? encoded, out TimeSpan left))
            return false;
        EmbeddingCodec.Decode(encoded, embedding);
        if (left < _renewWithin)
            Keep(key, EmbeddingCodec.Renew(encoded, _time.GetUtcNow()));
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>What half precision cannot hold is not kept.</remarks>
    public void Set(string space, UserKey user, ulong stamp, ReadOnlySpan<float> embedding)
    {
        if (!EmbeddingCodec.CanEncode(embedding))
            return;
        var key = new EmbeddingKey(_spaces.NumberOf(space), user);
        Keep(key, EmbeddingCodec.Encode(embedding, stamp, _time.GetUtcNow()));
    }

    /// <summary>Forgets a user's embeddings of all spaces in this process, those under way too. Redis is the business of whoever forgets the user.</summary>
    public void Forget(UserKey user)
    {
        _forgotten.Set(user, Marker, 0, ForgottenFor);
        for (int space = _spaces.Names.Length - 1; space >= 0; space--)
        {
            var key = new EmbeddingKey(space, user);
            _writes?.Remove(key);
            _reads.TryRemove(key, out _);
            _memory.Remove(key);
        }
    }

    /// <summary>Waits a little for writes that are queued.</summary>
    public ValueTask DisposeAsync() => _writes?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static bool Fits(byte[] encoded, (ulong Stamp, int Dimension) asked) => EmbeddingCodec.StampOf(encoded) == asked.Stamp && EmbeddingCodec.DimensionOf(encoded) == asked.Dimension;

    private void Keep(EmbeddingKey key, byte[] encoded)
    {
        _memory.Set(key, encoded, CacheWeights.OfArray<byte>(encoded.Length), TimeToLiveOf(key.User));
        if (IsForgotten(key))
            _memory.Remove(key);
        else
            _writes?.Add(key, encoded);
    }

    private async ValueTask<bool> ReadThroughAsync(EmbeddingKey key, ulong stamp, Memory<float> embedding, CancellationToken cancellationToken)
    {
        if (_redis!.Status == RedisStatus.Connecting)
            return false;

        if (!_reads.TryGetValue(key, out SharedRead? read))
        {
            _memory.TryPeek(key, out byte[]? before);
            var started = new SharedRead(before);
            read = _reads.GetOrAdd(key, started);
            if (read == started)
                _ = ReadAsync(key, started);
        }

        byte[]? encoded = await read.Task.WaitAsync(cancellationToken);
        bool fits = encoded is not null && Fits(encoded, (stamp, embedding.Length));
        Interlocked.Increment(ref fits ? ref _redisHits : ref _redisMisses);
        if (!fits)
            return false;
        EmbeddingCodec.Decode(encoded!, embedding.Span);
        return true;
    }

    /// <summary>Reads Redis for all that wait for it. Never throws.</summary>
    private async Task ReadAsync(EmbeddingKey key, SharedRead read)
    {
        byte[]? encoded = null;
        try
        {
            encoded = (byte[]?)await _redis!.GetAsync(_redis.Keys.Embedding(_spaces.Names[key.Space], key.User));
            if (encoded is not null && !EmbeddingCodec.IsSound(encoded))
            {
                encoded = null;
                _metrics.Failed(StoreFailure.Corrupt);
            }
        }
        catch (StoreException)
        {
            // Counted where it happened; to a cache it is a miss.
        }

        // Forgetting takes the read out of the table: what it found is nobody's any more.
        if (!_reads.TryRemove(new KeyValuePair<EmbeddingKey, SharedRead>(key, read)))
            encoded = null;
        if (encoded is not null)
            Fill(key, read, encoded);
        read.End(encoded);
    }

    /// <summary>Puts what was read into memory, unless something was set meanwhile: that is newer.</summary>
    private void Fill(EmbeddingKey key, SharedRead read, byte[] encoded)
    {
        TimeSpan left = TimeToLiveOf(key.User) - (_time.GetUtcNow() - EmbeddingCodec.WrittenOf(encoded));
        if (left <= TimeSpan.Zero)
            return;
        _memory.Change(
            key,
            (read.Before, encoded),
            static (now, found) => now is null || now == found.Before ? (found.encoded, CacheWeights.OfArray<byte>(found.encoded.Length)) : (now, 0),
            left);
        if (IsForgotten(key))
            _memory.Remove(key);
    }

    private bool IsForgotten(EmbeddingKey key) => _forgotten.TryPeek(key.User, out _);

    /// <summary>Less up to a tenth, by chance that is the user's own: keys are evenly spread.</summary>
    private TimeSpan TimeToLiveOf(UserKey user) => _timeToLive * (1 - (0.1 * (user.High >> 32) / uint.MaxValue));

    /// <summary>One read of Redis that several may wait for.</summary>
    /// <param name="before">What memory held of the key when it began.</param>
    private sealed class SharedRead(byte[]? before)
    {
        private readonly TaskCompletionSource<byte[]?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public byte[]? Before { get; } = before;

        public Task<byte[]?> Task => _ended.Task;

        public void End(byte[]? encoded) => _ended.SetResult(encoded);
    }
}
