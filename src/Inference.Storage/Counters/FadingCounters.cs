using System.Collections.Concurrent;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging;

namespace Inference.Storage.Counters;

/// <summary>
/// Counts that fade, those of trends faster than others. Time is cut into buckets of a seventh of the half-life; a bucket's counts are halved once per half-life since its middle, and go after five of them.
/// <para>
/// With Redis: what is counted here is added there every second, in one hash for each name and bucket; what others counted is read at the start, after Redis was away, and the
/// latest buckets now and then. What was on its way when the connection broke may be lost: twice would be worse.
/// </para>
/// </summary>
public sealed class FadingCounters : ICounters, IAsyncDisposable
{
    /// <summary>Most members of one name; those that count least go first.</summary>
    private const int MostMembers = 200_000;

    private const int BucketsPerHalfLife = 7, HalfLivesKept = 5;

    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1), ReadEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, CountTable> _tables = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Fading _slow;
    private readonly Fading _fast;
    private readonly CountStore? _store;
    private readonly ILogger _log;
    private readonly IDisposable? _restored;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running = Task.CompletedTask;
    private volatile bool _mustReadAll = true;

    /// <param name="redis">The store that is shared; null to keep everything in this process.</param>
    public FadingCounters(StateOptions options, TimeProvider time, StorageMetrics metrics, ILogger<FadingCounters> log, RedisConnection? redis = null)
    {
        _time = time;
        _log = log;
        _slow = new Fading(options.PopularityHalfLife);
        _fast = new Fading(options.TrendHalfLife);
        if (redis is null)
            return;
        _store = new CountStore(redis, ((_slow.HalfLife > _fast.HalfLife ? _slow : _fast).HalfLife * (HalfLivesKept + 1)) + TimeSpan.FromHours(1), metrics);
        _restored = redis.OnRestored(() => _mustReadAll = true);
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public void Add(string name, string member, double amount, DateTimeOffset time)
    {
        if (BucketOf(name, time) is { } bucket && double.IsFinite(amount))
            TableOf(name).Add(member, bucket, amount);
    }

    /// <summary>Adds what another replica has counted: it counts here until the store is read again, and is not stored.</summary>
    public void Hear(string name, string member, double amount, DateTimeOffset time)
    {
        if (BucketOf(name, time) is { } bucket && double.IsFinite(amount))
            TableOf(name).Hear(member, bucket, amount, _time.GetUtcNow());
    }

    /// <inheritdoc/>
    public CountsMark MarkOf(string name)
    {
        Fading fading = FadingOf(name);
        return TableOf(name).Read(FirstBucket(fading), WeightsNow(fading), static (_, _) => { });
    }

    /// <inheritdoc/>
    public void Read(string name, Action<string, double> take)
    {
        Fading fading = FadingOf(name);
        TableOf(name).Read(FirstBucket(fading), WeightsNow(fading), take);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _restored?.Dispose();
        await _running;
    }

    private async Task RunAsync()
    {
        // Off the caller's thread.
        await Task.Yield();
        long readAt = _time.GetTimestamp();
        while (!_ended.IsCancellationRequested)
        {
            await Task.Delay(FlushEvery, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                foreach ((string name, CountTable table) in _tables)
                    await FlushAsync(name, table);
                bool all = _mustReadAll;
                if (_ended.IsCancellationRequested || !(all || _time.GetElapsedTime(readAt) >= ReadEvery))
                    continue;
                _mustReadAll = false;
                foreach ((string name, CountTable table) in _tables)
                    await ReadAsync(name, table, all ? FirstBucket(FadingOf(name)) : CurrentBucket(FadingOf(name)) - 1);
                readAt = _time.GetTimestamp();
            }
            catch (StoreException)
            {
                // Counted by the connection; the next round reads again.
                _mustReadAll = true;
            }
            catch (Exception e)
            {
                Log.CountersFailed(_log, e);
            }
        }
    }

    private async Task FlushAsync(string name, CountTable table)
    {
        foreach ((long bucket, List<(string Member, double Amount)> amounts) in await table.TakePendingAsync())
        {
            foreach ((string, double)[] part in amounts.Chunk(CountStore.MostAtOnce))
            {
                if (!await _store!.TryAddAsync(name, StartOf(name, bucket), part))
                    await table.PutBackAsync(bucket, part);
            }
        }
    }

    private async Task ReadAsync(string name, CountTable table, long first)
    {
        for (long bucket = first; bucket <= CurrentBucket(FadingOf(name)) && !_ended.IsCancellationRequested; bucket++)
        {
            DateTimeOffset at = _time.GetUtcNow();
            await table.ReplaceAsync(bucket, await _store!.ReadAsync(name, StartOf(name, bucket)), at);
        }
    }

    private CountTable TableOf(string name)
    {
        if (_tables.TryGetValue(name, out CountTable? table))
            return table;
        // What others have counted of it is not here yet.
        _mustReadAll = true;
        return _tables.GetOrAdd(name, static (_, hasStore) => new CountTable(MostMembers, hasStore), _store is not null);
    }

    private Fading FadingOf(string name) => name == LiveTrends.CounterName ? _fast : _slow;

    private Func<long, double> WeightsNow(Fading fading)
    {
        double now = _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        return bucket => Math.Pow(2, -Math.Max(0, now - ((bucket + 0.5) * fading.BucketSeconds)) / fading.HalfLife.TotalSeconds);
    }

    private long? BucketOf(string name, DateTimeOffset time)
    {
        Fading fading = FadingOf(name);
        long bucket = Math.Min(Floor(time.ToUnixTimeSeconds(), fading), CurrentBucket(fading));
        return bucket < FirstBucket(fading) ? null : bucket;
    }

    private long CurrentBucket(Fading fading) => Floor(_time.GetUtcNow().ToUnixTimeSeconds(), fading);

    private long FirstBucket(Fading fading) => CurrentBucket(fading) - (BucketsPerHalfLife * HalfLivesKept);

    private long StartOf(string name, long bucket) => bucket * FadingOf(name).BucketSeconds;

    private static long Floor(long seconds, Fading fading) => (long)Math.Floor((double)seconds / fading.BucketSeconds);

    /// <summary>How fast counts fade, and the buckets that they are in.</summary>
    private sealed record Fading(TimeSpan HalfLife)
    {
        public long BucketSeconds { get; } = Math.Max(1, (long)(HalfLife.TotalSeconds / BucketsPerHalfLife));
    }
}
