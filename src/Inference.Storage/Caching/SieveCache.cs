using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inference.Storage.Caching;

/// <summary>
/// A cache in memory with a bound in bytes and a time to live for each entry. What goes to make room is chosen by SIEVE (see <see cref="SieveShard{TKey,TValue}"/>), which keeps more of
/// what is asked for again than LRU does and moves nothing on a hit. Split into shards with a lock each. A hit allocates nothing. Safe for concurrent use.
/// </summary>
/// <typeparam name="TKey">Its hash should be good in all bits; it is mixed once more.</typeparam>
/// <typeparam name="TValue">Treated as immutable.</typeparam>
internal sealed class SieveCache<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
    where TValue : class
{
    /// <summary>Below this a shard is too small to hold a large value beside others.</summary>
    private const long SmallestShard = 1 << 20;

    private readonly TimeProvider _time;
    private readonly Locked[] _shards;
    private readonly int _shardShift;

    /// <param name="capacity">Most bytes, bookkeeping included; at least 64 KiB.</param>
    /// <param name="time">What tells when entries expire.</param>
    /// <param name="shards">How many shards, a power of two; by default as many as the cores and the capacity call for. A value larger than a shard is not kept.</param>
    public SieveCache(long capacity, TimeProvider time, int? shards = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1 << 16);
        _time = time;
        int count = shards ?? DefaultShards(capacity);
        if (!BitOperations.IsPow2(count))
            throw new ArgumentException("The number of shards must be a power of two.", nameof(shards));
        _shardShift = 32 - BitOperations.Log2((uint)count);
        _shards = new Locked[count];
        for (int i = 0; i < count; i++)
            _shards[i] = new Locked(capacity / count);
    }

    /// <summary>What was found and not, and the size of now.</summary>
    public CacheReport Report
    {
        get
        {
            var sum = new CacheReport();
            foreach (Locked locked in _shards)
            {
                lock (locked.Gate)
                {
                    SieveShard<TKey, TValue> shard = locked.Shard;
                    sum = new CacheReport(sum.Hits + shard.Hits, sum.Misses + shard.Misses, sum.Evictions + shard.Evictions, sum.Entries + shard.Count, sum.Bytes + shard.Bytes);
                }
            }

            return sum;
        }
    }

    /// <summary>Finds a value that has not expired.</summary>
    public bool TryGet(in TKey key, [MaybeNullWhen(false)] out TValue value) => TryGet(key, 0, static (_, _) => true, out value, out _);

    /// <summary>Finds a value that has not expired and is accepted; another counts as a miss, and stays.</summary>
    public bool TryGet<TState>(in TKey key, TState state, Func<TValue, TState, bool> accepts, [MaybeNullWhen(false)] out TValue value) => TryGet(key, state, accepts, out value, out _);

    /// <summary>Finds a value that has not expired and is accepted; another counts as a miss, and stays.</summary>
    /// <param name="accepts">Quick, and calls nothing that could come back here: it runs under a lock. Static, so that nothing is allocated.</param>
    /// <param name="timeToLive">How long the value is going to live.</param>
    public bool TryGet<TState>(in TKey key, TState state, Func<TValue, TState, bool> accepts, [MaybeNullWhen(false)] out TValue value, out TimeSpan timeToLive)
    {
        uint hash = HashOf(key);
        long now = _time.GetTimestamp();
        Locked locked = ShardOf(hash);
        lock (locked.Gate)
        {
            if (locked.Shard.TryGet(key, hash, now, out value, out long expires) && accepts(value, state))
            {
                locked.Shard.Hits++;
                timeToLive = _time.GetElapsedTime(now, expires);
                return true;
            }

            locked.Shard.Misses++;
            value = null;
            timeToLive = default;
            return false;
        }
    }

    /// <summary>Finds a value that has not expired, and neither counts nor marks a miss: for writers that build on what is there.</summary>
    public bool TryPeek(in TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        uint hash = HashOf(key);
        long now = _time.GetTimestamp();
        Locked locked = ShardOf(hash);
        lock (locked.Gate)
            return locked.Shard.TryGet(key, hash, now, out value, out _);
    }

    /// <summary>Keeps a value in place of a former one. What is too large for a shard is not kept, and the former one neither.</summary>
    /// <param name="weight">Bytes of the value; at least 0.</param>
    /// <param name="timeToLive">More than zero.</param>
    public void Set(in TKey key, TValue value, int weight, TimeSpan timeToLive)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(weight);
        uint hash = HashOf(key);
        long now = _time.GetTimestamp();
        Locked locked = ShardOf(hash);
        lock (locked.Gate)
            locked.Shard.Set(key, hash, value, weight, Later(now, timeToLive), now);
    }

    /// <summary>Changes a value in one step: nobody else changes the key meanwhile.</summary>
    /// <param name="change">Gets the value that has not expired, or null, and gives the new one with its weight. The former one stays as it is, null removes it. Under a lock: quick, and calls nothing that could come back here.</param>
    public void Change<TState>(in TKey key, TState state, Func<TValue?, TState, (TValue? Value, int Weight)> change, TimeSpan timeToLive)
    {
        uint hash = HashOf(key);
        long now = _time.GetTimestamp();
        Locked locked = ShardOf(hash);
        lock (locked.Gate)
        {
            locked.Shard.TryGet(key, hash, now, out TValue? former, out _);
            (TValue? value, int weight) = change(former, state);
            if (value is null)
                locked.Shard.Remove(key, hash);
            else if (value != former)
                locked.Shard.Set(key, hash, value, weight, Later(now, timeToLive), now);
        }
    }

    /// <summary>Removes a key.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(in TKey key)
    {
        uint hash = HashOf(key);
        Locked locked = ShardOf(hash);
        lock (locked.Gate)
            return locked.Shard.Remove(key, hash);
    }

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        foreach (Locked locked in _shards)
        {
            lock (locked.Gate)
                locked.Shard.Clear();
        }
    }

    /// <summary>Visits what has not expired: key, value, weight. One shard is locked at a time, so this is a picture of no single moment.</summary>
    /// <param name="visit">Calls nothing that could come back here.</param>
    public void Visit<TState>(TState state, Action<TKey, TValue, int, TState> visit)
    {
        long now = _time.GetTimestamp();
        foreach (Locked locked in _shards)
        {
            lock (locked.Gate)
                locked.Shard.Visit(now, state, visit);
        }
    }

    private static int DefaultShards(long capacity)
    {
        uint wanted = BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount * 4);
        long most = Math.Max(1, capacity / SmallestShard);
        return (int)Math.Min(wanted, 1L << BitOperations.Log2((ulong)most));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint HashOf(in TKey key)
    {
        // The finalizer of MurmurHash3: shards are told by the upper bits, buckets by the lower ones.
        uint hash = (uint)key.GetHashCode();
        hash = (hash ^ (hash >> 16)) * 0x85EB_CA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2_AE35;
        return hash ^ (hash >> 16);
    }

    private Locked ShardOf(uint hash) => _shards[(int)((ulong)hash >> _shardShift)];

    private long Later(long now, TimeSpan by)
    {
        double ticks = by.TotalSeconds * _time.TimestampFrequency;
        return ticks >= long.MaxValue - now ? long.MaxValue : now + (long)ticks;
    }

    private sealed class Locked(long capacity)
    {
        public Lock Gate { get; } = new();

        public SieveShard<TKey, TValue> Shard { get; } = new(capacity);
    }
}
