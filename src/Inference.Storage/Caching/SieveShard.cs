using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inference.Storage.Caching;

/// <summary>
/// One part of a <see cref="SieveCache{TKey,TValue}"/>: a chained hash table whose entries also form a queue, newest at the head.
/// <list type="number">
/// <item>A hit sets the entry's mark and moves nothing.</item>
/// <item>A new entry goes to the head, without a mark.</item>
/// <item>To make room the hand goes from the oldest entry towards the head, takes marks away, and stops at the first entry without one (or that has expired): that one goes. Next time it
/// goes on from there, and at the head starts again at the oldest.</item>
/// </list>
/// Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024. Not safe for concurrent use: the cache locks it.
/// </summary>
internal sealed class SieveShard<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
    where TValue : class
{
    private const int ChunkBits = 7, ChunkSize = 1 << ChunkBits, None = -1;

    private static readonly int ChunkBytes = ChunkSize * Unsafe.SizeOf<Entry>();

    private readonly long _capacity;
    // Entries lie in chunks, so that growing copies none of them and the bytes are known.
    private Entry[][] _chunks = [];
    private int[] _buckets = NewBuckets(16);
    private int _used, _free = None, _head = None, _tail = None, _hand = None;
    private long _weights;

    public SieveShard(long capacity) => _capacity = capacity;

    public int Count { get; private set; }

    public long Hits { get; set; }

    public long Misses { get; set; }

    public long Evictions { get; private set; }

    /// <summary>Weights and bookkeeping.</summary>
    public long Bytes => _weights + ((long)_chunks.Length * ChunkBytes) + (_buckets.Length * sizeof(int));

    /// <summary>Finds an entry that has not expired, and marks it; one that has expired is removed.</summary>
    /// <param name="expires">When it will.</param>
    public bool TryGet(in TKey key, uint hash, long now, [MaybeNullWhen(false)] out TValue value, out long expires)
    {
        int index = Find(key, hash);
        if (index != None)
        {
            ref Entry entry = ref At(index);
            if (entry.Expires > now)
            {
                entry.Marked = true;
                value = entry.Value!;
                expires = entry.Expires;
                return true;
            }

            Remove(index);
        }

        value = null;
        expires = 0;
        return false;
    }

    /// <summary>Keeps a value, and makes room for it. What alone is larger than the shard is not kept, and a former value of the key neither.</summary>
    public void Set(in TKey key, uint hash, TValue value, int weight, long expires, long now)
    {
        int index = Find(key, hash);
        if (weight > _capacity - (Bytes - _weights) - (index == None ? GrowthForOne() : 0))
        {
            if (index != None)
                Remove(index);
            return;
        }

        if (index != None)
        {
            ref Entry entry = ref At(index);
            _weights += weight - entry.Weight;
            entry.Value = value;
            entry.Weight = weight;
            entry.Expires = expires;
            entry.Marked = true;
            while (Bytes > _capacity)
                Evict(now);
            return;
        }

        while (Bytes + weight + GrowthForOne() > _capacity)
            Evict(now);
        Add(key, hash, value, weight, expires);
    }

    public bool Remove(in TKey key, uint hash)
    {
        int index = Find(key, hash);
        if (index == None)
            return false;
        Remove(index);
        return true;
    }

    /// <summary>Removes everything and gives the memory back.</summary>
    public void Clear()
    {
        _chunks = [];
        _buckets = NewBuckets(16);
        _used = Count = 0;
        _free = _head = _tail = _hand = None;
        _weights = 0;
    }

    /// <summary>Visits the entries that have not expired, latest added first.</summary>
    public void Visit<TState>(long now, TState state, Action<TKey, TValue, int, TState> visit)
    {
        for (int index = _head; index != None; index = At(index).Older)
        {
            ref Entry entry = ref At(index);
            if (entry.Expires > now)
                visit(entry.Key, entry.Value!, entry.Weight, state);
        }
    }

    private static int[] NewBuckets(int count)
    {
        var buckets = new int[count];
        Array.Fill(buckets, None);
        return buckets;
    }

    private ref Entry At(int index) => ref _chunks[index >> ChunkBits][index & (ChunkSize - 1)];

    private ref int Bucket(uint hash) => ref _buckets[hash & (uint)(_buckets.Length - 1)];

    private int Find(in TKey key, uint hash)
    {
        int index = Bucket(hash);
        while (index != None)
        {
            ref Entry entry = ref At(index);
            if (entry.Hash == hash && entry.Key.Equals(key))
                return index;
            index = entry.Next;
        }

        return None;
    }

    /// <summary>Bytes of bookkeeping that one more entry would cost.</summary>
    private long GrowthForOne()
    {
        if (_free != None || _used < _chunks.Length << ChunkBits)
            return 0;
        return ChunkBytes + (_used >= _buckets.Length ? _buckets.Length * sizeof(int) : 0);
    }

    private void Add(in TKey key, uint hash, TValue value, int weight, long expires)
    {
        int index = _free;
        if (index != None)
        {
            _free = At(index).Next;
        }
        else
        {
            if (_used == _chunks.Length << ChunkBits)
                Grow();
            index = _used++;
        }

        ref Entry entry = ref At(index);
        ref int bucket = ref Bucket(hash);
        entry = new Entry { Key = key, Value = value, Hash = hash, Weight = weight, Expires = expires, Next = bucket, Newer = None, Older = _head };
        bucket = index;
        if (_head != None)
            At(_head).Newer = index;
        else
            _tail = index;
        _head = index;
        _weights += weight;
        Count++;
    }

    private void Grow()
    {
        if (_used >= _buckets.Length)
        {
            _buckets = NewBuckets(Math.Max(ChunkSize, (int)BitOperations.RoundUpToPowerOf2((uint)_used + 1)));
            for (int index = _head; index != None; index = At(index).Older)
            {
                ref Entry entry = ref At(index);
                ref int bucket = ref Bucket(entry.Hash);
                entry.Next = bucket;
                bucket = index;
            }
        }

        _chunks = [.. _chunks, new Entry[ChunkSize]];
    }

    /// <summary>Gives up one entry; there is one.</summary>
    private void Evict(long now)
    {
        int index = _hand == None ? _tail : _hand;
        while (true)
        {
            ref Entry entry = ref At(index);
            if (!entry.Marked || entry.Expires <= now)
                break;
            entry.Marked = false;
            index = entry.Newer == None ? _tail : entry.Newer;
        }

        if (At(index).Expires > now)
            Evictions++;
        _hand = index;
        Remove(index);
    }

    private void Remove(int index)
    {
        ref Entry entry = ref At(index);
        ref int link = ref Bucket(entry.Hash);
        while (link != index)
            link = ref At(link).Next;
        link = entry.Next;

        if (entry.Newer != None)
            At(entry.Newer).Older = entry.Older;
        else
            _head = entry.Older;
        if (entry.Older != None)
            At(entry.Older).Newer = entry.Newer;
        else
            _tail = entry.Newer;
        if (_hand == index)
            _hand = entry.Newer;

        _weights -= entry.Weight;
        Count--;
        Debug.Assert(_weights >= 0 && Count >= 0, "Every entry is taken away once.");
        entry = default;
        entry.Next = _free;
        _free = index;
    }

    private struct Entry
    {
        public TKey Key;
        public TValue? Value;
        public long Expires;
        public uint Hash;
        public int Weight;
        /// <summary>Next of the bucket, or of the free ones.</summary>
        public int Next;
        public int Newer;
        public int Older;
        public bool Marked;
    }
}
