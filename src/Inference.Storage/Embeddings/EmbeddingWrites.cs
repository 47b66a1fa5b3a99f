using System.Diagnostics;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Redis;
using StackExchange.Redis;

namespace Inference.Storage.Embeddings;

/// <summary>
/// Embeddings on their way to Redis. A bounded queue, in which a later embedding of a user takes the place of an earlier one; batches go out pipelined, one batch at a time. What finds the
/// queue full or Redis away is dropped and counted: it is a cache, and the next replica makes its own.
/// </summary>
internal sealed class EmbeddingWrites : IAsyncDisposable
{
    private const int MaxBatch = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<EmbeddingKey, byte[]> _waiting = [];
    private readonly Queue<EmbeddingKey> _order = new();
    private readonly RedisConnection _redis;
    private readonly EmbeddingSpaces _spaces;
    private readonly StorageMetrics _metrics;
    private readonly TimeSpan _grace;
    private readonly TimeProvider _time;
    private readonly Func<UserKey, TimeSpan> _timeToLive;
    private readonly int _capacity;
    private readonly string _queue;
    private Task _writing = Task.CompletedTask;
    private bool _disposed;

    /// <param name="timeToLive">How long an embedding is to live.</param>
    /// <param name="grace">How long disposing waits for what is queued.</param>
    /// <param name="capacity">Most embeddings that wait.</param>
    /// <param name="queue">What metrics call the queue.</param>
    public EmbeddingWrites(RedisConnection redis, EmbeddingSpaces spaces, StorageMetrics metrics, Func<UserKey, TimeSpan> timeToLive, TimeSpan grace, TimeProvider time, int capacity = 16_384,
        string queue = "embeddings")
    {
        _queue = queue;
        _redis = redis;
        _spaces = spaces;
        _metrics = metrics;
        _timeToLive = timeToLive;
        _grace = grace;
        _time = time;
        _capacity = capacity;
        metrics.WatchQueue(_queue, () => Length);
    }

    /// <summary>How many wait.</summary>
    public int Length
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Takes an embedding; returns at once.</summary>
    public void Add(EmbeddingKey key, byte[] encoded)
    {
        lock (_gate)
        {
            if (_waiting.ContainsKey(key))
            {
                _waiting[key] = encoded;
                return;
            }

            if (!_disposed && _waiting.Count < _capacity && _redis.Status != RedisStatus.Connecting)
            {
                _waiting.Add(key, encoded);
                _order.Enqueue(key);
                if (_writing.IsCompleted)
                    _writing = Task.Run(WriteAsync);
                return;
            }
        }

        _metrics.Dropped(_queue);
    }

    /// <summary>Takes an embedding back that has not been sent.</summary>
    public void Remove(EmbeddingKey key)
    {
        lock (_gate)
            _waiting.Remove(key);
    }

    /// <summary>Waits a little for what is queued; the rest is dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        Task writing;
        lock (_gate)
        {
            _disposed = true;
            writing = _writing;
        }

        await Task.WhenAny(writing, Task.Delay(_grace, _time));
        Drop();
    }

    private async Task WriteAsync()
    {
        // What is written is of many requests, so it is a part of none of their traces.
        Activity.Current = null;
        var batch = new List<KeyValuePair<EmbeddingKey, byte[]>>(MaxBatch);
        while (TryTake(batch))
        {
            try
            {
                await _redis.RunAsync("set_embeddings", database => SendAsync(database, batch));
            }
            catch (StoreException e)
            {
                _metrics.Dropped(_queue, batch.Count);
                // One that was refused says nothing of the others; with Redis away they would all go the same way.
                if (e.Failure != StoreFailure.Refused)
                    Drop();
            }
        }
    }

    private bool TryTake(List<KeyValuePair<EmbeddingKey, byte[]>> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            while (batch.Count < MaxBatch && _order.TryDequeue(out EmbeddingKey key))
            {
                if (_waiting.Remove(key, out byte[]? encoded))
                    batch.Add(new(key, encoded));
            }

            if (batch.Count == 0)
                _writing = Task.CompletedTask;
            return batch.Count > 0;
        }
    }

    private async Task<int> SendAsync(IDatabase database, List<KeyValuePair<EmbeddingKey, byte[]>> batch)
    {
        string[] names = _spaces.Names;
        var sent = new List<Task>(batch.Count + 1);
        // Forgetting finds embeddings by this set, so the set comes first, and again each time in case Redis was emptied.
        foreach (int space in batch.Select(static write => write.Key.Space).Distinct())
            sent.Add(database.SetAddAsync(_redis.Keys.Spaces, names[space]));
        foreach ((EmbeddingKey key, byte[] encoded) in batch)
            sent.Add(database.StringSetAsync(_redis.Keys.Embedding(names[key.Space], key.User), encoded, _timeToLive(key.User)));
        await Task.WhenAll(sent);
        return sent.Count;
    }

    private void Drop()
    {
        int dropped;
        lock (_gate)
        {
            dropped = _waiting.Count;
            _waiting.Clear();
            _order.Clear();
        }

        if (dropped > 0)
            _metrics.Dropped(_queue, dropped);
    }
}
