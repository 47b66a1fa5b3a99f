using System.Diagnostics;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;
using Microsoft.Extensions.Caching.Memory;

namespace Benchmarks.Storage;

/// <summary>The cache of this project against Microsoft.Extensions.Caching.Memory and a plain LRU, on the same keys and values.</summary>
internal static class CacheComparison
{
    private const int Entries = 100_000, Keys = 200_000, Capacity = 20_000, Requests = 2_000_000;
    private const int ValueBytes = 176;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static List<CacheRow> Measure(int rounds, TimeSpan turn)
    {
        byte[] value = new byte[ValueBytes - 24];
        int[] mild = Zipf.Trace(Keys, 0.8, Requests, 0), steep = Zipf.Trace(Keys, 1.0, Requests, 0), scans = Zipf.Trace(Keys, 1.0, Requests, 5_000);
        int[] order = Zipf.Trace(Entries, 0, 1 << 16, 0);
        UserKey[] users = [.. Enumerable.Range(0, Entries).Select(StateReport.User)];
        (string Name, Func<long, ICache> Make)[] contestants =
        [
            ("MemoryCache", entries => new MemoryCacheCache(entries)),
            ("LRU, a dictionary and a list", entries => new LruCache(entries)),
            ("SIEVE", entries => new SieveBench(entries)),
        ];
        ICache[] full = [.. contestants.Select(contestant => Fill(contestant.Make(Entries * 2), users, value))];
        var times = new double[full.Length][];
        var allocated = new double[full.Length];
        for (int c = 0; c < full.Length; c++)
            times[c] = new double[rounds];
        for (int round = -1; round < rounds; round++)
        {
            for (int c = 0; c < full.Length; c++)
            {
                long bytes = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
                int calls = 0;
                while (Stopwatch.GetElapsedTime(start) < turn)
                {
                    for (int i = 0; i < 1024; i++, calls++)
                    {
                        if (!full[c].TryGet(users[order[calls & 0xFFFF]]))
                            throw new InvalidOperationException("It should hold all.");
                    }
                }

                if (round < 0)
                    continue;
                times[c][round] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls;
                allocated[c] = (GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)calls;
            }
        }

        List<CacheRow> rows = [];
        for (int c = 0; c < full.Length; c++)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            ICache cache = Fill(contestants[c].Make(Entries * 2), users, value);
            double entry = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Entries;
            GC.KeepAlive(cache);
            rows.Add(new CacheRow(
                contestants[c].Name, times[c].Min(), allocated[c], entry, Ratio(contestants[c].Make(Capacity), mild), Ratio(contestants[c].Make(Capacity), steep), Ratio(contestants[c].Make(Capacity), scans)));
        }

        // Were they collected meanwhile, the sizes above would be too small.
        GC.KeepAlive(full);
        return rows;
    }

    private static ICache Fill(ICache cache, UserKey[] users, byte[] value)
    {
        foreach (UserKey user in users)
            cache.Set(user, value);
        return cache;
    }

    /// <summary>Share of requests that hit, after as many to warm up; a miss is set.</summary>
    private static double Ratio(ICache cache, int[] trace)
    {
        var value = new byte[ValueBytes - 24];
        int hits = 0, counted = 0;
        for (int i = 0; i < trace.Length; i++)
        {
            UserKey user = StateReport.User(trace[i]);
            bool hit = cache.TryGet(user);
            if (!hit)
                cache.Set(user, value);
            if (i < trace.Length / 2 || trace[i] >= Keys)
                continue;
            counted++;
            hits += hit ? 1 : 0;
        }

        return hits / (double)counted;
    }

    private interface ICache
    {
        bool TryGet(UserKey user);

        void Set(UserKey user, byte[] value);
    }

    private sealed class SieveBench(long entries) : ICache
    {
        /// <summary>Bytes of bookkeeping of an entry, so that it holds as many entries as the others.</summary>
        private const int Bookkeeping = 68;

        private readonly SieveCache<UserKey, byte[]> _cache = new(entries * (ValueBytes + Bookkeeping), TimeProvider.System);

        public bool TryGet(UserKey user) => _cache.TryGet(user, out _);

        public void Set(UserKey user, byte[] value) => _cache.Set(user, value, ValueBytes, Hour);
    }

    private sealed class MemoryCacheCache(long entries) : ICache
    {
        private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = entries });

        public bool TryGet(UserKey user) => _cache.TryGetValue(user, out _);

        public void Set(UserKey user, byte[] value) => _cache.Set(user, value, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Hour });
    }

    /// <summary>Under one lock, as the other two are safe for concurrent use.</summary>
    private sealed class LruCache(long entries) : ICache
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<UserKey, LinkedListNode<(UserKey User, byte[] Value)>> _nodes = [];
        private readonly LinkedList<(UserKey User, byte[] Value)> _order = new();

        public bool TryGet(UserKey user)
        {
            lock (_gate)
            {
                if (!_nodes.TryGetValue(user, out LinkedListNode<(UserKey, byte[])>? node))
                    return false;
                _order.Remove(node);
                _order.AddFirst(node);
                return true;
            }
        }

        public void Set(UserKey user, byte[] value)
        {
            lock (_gate)
            {
                if (_nodes.Count >= entries)
                {
                    _nodes.Remove(_order.Last!.Value.User);
                    _order.RemoveLast();
                }

                _nodes[user] = _order.AddFirst((user, value));
            }
        }
    }
}
