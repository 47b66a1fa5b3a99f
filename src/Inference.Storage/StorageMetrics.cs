using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;
using Inference.Storage.Redis;

namespace Inference.Storage;

/// <summary>What caches and stores count and time, on the meter "Inference.Storage". Tags are closed sets; none is a user, an item or a key.</summary>
public sealed class StorageMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Inference.Storage";

    private static readonly KeyValuePair<string, object?> RedisTag = new("db.system.name", "redis");

    private readonly Lock _gate = new();
    private readonly Histogram<double> _commands;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _eventsRecorded;
    private readonly Counter<long> _eventsDuplicate;
    private readonly Counter<long> _eventsRefused;
    private readonly Counter<long> _eventsDropped;
    private volatile CacheSource[] _caches = [];
    private volatile QueueSource[] _queues = [];
    private volatile Func<RedisStatus>? _status;
    private readonly long[] _failed = new long[Enum.GetValues<StoreFailure>().Length];
    private readonly ConcurrentDictionary<string, long> _droppedBy = new(StringComparer.Ordinal);
    private volatile Func<int>? _forgotten;

    public StorageMetrics(IMeterFactory meters)
        : this(meters.Create(MeterName))
    {
    }

    /// <param name="meter">May be one that nobody listens to.</param>
    internal StorageMetrics(Meter meter)
    {
        _commands = meter.CreateHistogram(
            "db.client.operation.duration",
            "s",
            "Time of one command to Redis, by operation; error.type says why it failed.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1] });
        _failures = meter.CreateCounter<long>("recsys.store.failures", "{failure}", "Commands that failed, and stored values that could not be read, by kind.");
        _dropped = meter.CreateCounter<long>("recsys.store.queue.dropped", "{write}", "Writes that were dropped because the queue was full or Redis away, by queue.");
        _eventsRecorded = meter.CreateCounter<long>("recsys.events.recorded", "{event}", "Events taken in that this replica did not know, by type.");
        _eventsDuplicate = meter.CreateCounter<long>("recsys.events.duplicates", "{event}", "Events that were known already, here or to Redis.");
        _eventsRefused = meter.CreateCounter<long>("recsys.events.refused", "{event}", "Events of users who were forgotten.");
        _eventsDropped = meter.CreateCounter<long>("recsys.events.dropped", "{event}", "Events that count on this replica alone: the buffer was full while Redis was away, Redis would not have them, or the server stopped first.");
        meter.CreateObservableUpDownCounter("recsys.users.forgotten", () => _forgotten is { } forgotten ? [new Measurement<int>(forgotten())] : Array.Empty<Measurement<int>>(), "{user}", "Tombstones of forgotten users that this replica holds.");
        meter.CreateObservableUpDownCounter("recsys.store.queue.length", () => Observe(_queues), "{write}", "Writes that wait for Redis, by queue.");
        meter.CreateObservableGauge("recsys.store.connected", () => Observe(RedisStatus.Connected), null, "1 when Redis is connected and answers, else 0; absent without Redis.");
        meter.CreateObservableGauge("recsys.store.resting", () => Observe(RedisStatus.Resting), null, "1 while Redis is left alone after failures (the breaker is open), else 0; absent without Redis.");
        meter.CreateObservableCounter("recsys.cache.hits", () => Observe(static report => report.Hits), "{lookup}", "Lookups that a cache answered, by cache and level.");
        meter.CreateObservableCounter("recsys.cache.misses", () => Observe(static report => report.Misses), "{lookup}", "Lookups that a cache could not answer, by cache and level.");
        meter.CreateObservableCounter("recsys.cache.evictions", () => Observe(static report => report.Evictions, memoryOnly: true), "{entry}", "Entries that a cache in memory gave up for others.");
        meter.CreateObservableUpDownCounter("recsys.cache.entries", () => Observe(static report => report.Entries, memoryOnly: true), "{entry}", "Entries of a cache in memory.");
        meter.CreateObservableUpDownCounter("recsys.cache.size", () => Observe(static report => report.Bytes, memoryOnly: true), "By", "Bytes of a cache in memory, bookkeeping included.");
    }

    /// <summary>From now on the counts of a cache are measured.</summary>
    /// <param name="cache">"embeddings", "contexts" or "states".</param>
    /// <param name="level">"memory" or "redis".</param>
    /// <param name="read">Reads its counts; called by the exporter.</param>
    internal void Watch(string cache, string level, Func<CacheReport> read)
    {
        lock (_gate)
            _caches = [.. _caches, new CacheSource(new("recsys.cache", cache), new("recsys.cache.level", level), level == "memory", read)];
    }

    /// <summary>From now on the length of a queue of writes is measured.</summary>
    /// <param name="queue">"embeddings", "contexts", "events" or "counters".</param>
    /// <param name="length">Reads its length; called by the exporter.</param>
    internal void WatchQueue(string queue, Func<long> length)
    {
        lock (_gate)
            _queues = [.. _queues, new QueueSource(new("recsys.store.queue", queue), length)];
    }

    internal void WatchForgotten(Func<int> count) => _forgotten = count;

    internal void EventRecorded(InteractionType type) => _eventsRecorded.Add(1, new KeyValuePair<string, object?>("recsys.event.type", NameOf(type)));

    internal void EventDuplicate() => _eventsDuplicate.Add(1);

    internal void EventRefused() => _eventsRefused.Add(1);

    internal void EventsDropped(int count) => _eventsDropped.Add(count);

    internal void WatchStatus(Func<RedisStatus> status) => _status = status;

    /// <summary>Writes were dropped.</summary>
    /// <param name="queue">As in <see cref="WatchQueue"/>.</param>
    internal void Dropped(string queue, int count = 1)
    {
        _dropped.Add(count, new KeyValuePair<string, object?>("recsys.store.queue", queue));
        _droppedBy.AddOrUpdate(queue, static (_, count) => count, static (_, before, count) => before + count, count);
    }

    /// <summary>A command has ended, or was not sent (no duration).</summary>
    /// <param name="operation">A name out of a closed set, for example "mget".</param>
    internal void Ran(string operation, TimeSpan? duration, StoreFailure? failure)
    {
        if (failure is { } kind)
            Failed(kind);
        if (duration is not { } took)
            return;
        var tags = new TagList { RedisTag, new("db.operation.name", operation) };
        if (failure is not null)
            tags.Add("error.type", NameOf(failure.Value));
        _commands.Record(took.TotalSeconds, tags);
    }

    /// <summary>Something failed: a command, or reading what the store held.</summary>
    internal void Failed(StoreFailure failure)
    {
        _failures.Add(1, new KeyValuePair<string, object?>("recsys.store.failure", NameOf(failure)));
        Interlocked.Increment(ref _failed[(int)failure]);
    }

    /// <summary>The same counts for people who ask the server instead of a dashboard.</summary>
    public StorageReport Report() => new(
        [.. from source in _caches
            group (source.InMemory, Report: source.Read()) by (string)source.Cache.Value! into cache
            let memory = cache.FirstOrDefault(level => level.InMemory).Report
            let store = cache.FirstOrDefault(level => !level.InMemory)
            select new CacheSummary(cache.Key, memory.Entries, memory.Bytes, memory.Hits, store.Report.Hits, cache.Count() > 1 ? store.Report.Misses : memory.Misses, memory.Evictions)],
        _queues.ToDictionary(queue => (string)queue.Name.Value!, queue => queue.Length()),
        new Dictionary<string, long>(_droppedBy),
        Enum.GetValues<StoreFailure>().Where(failure => failure != StoreFailure.None).ToDictionary(NameOf, failure => Interlocked.Read(ref _failed[(int)failure])),
        _status?.Invoke() ?? RedisStatus.None);

    internal static string NameOf(StoreFailure failure) => failure switch
    {
        StoreFailure.Unavailable => "unavailable",
        StoreFailure.Timeout => "timeout",
        StoreFailure.Connection => "connection",
        StoreFailure.Refused => "refused",
        _ => "corrupt",
    };

    private static string NameOf(InteractionType type) => type switch
    {
        InteractionType.View => "view",
        InteractionType.Click => "click",
        InteractionType.Cart => "cart",
        InteractionType.Purchase => "purchase",
        InteractionType.Like => "like",
        _ => "skip",
    };

    private Measurement<long>[] Observe(Func<CacheReport, long> value, bool memoryOnly = false) =>
        [.. from source in _caches where !memoryOnly || source.InMemory select new Measurement<long>(value(source.Read()), source.Cache, source.Level)];

    private static Measurement<long>[] Observe(QueueSource[] queues) => [.. from queue in queues select new Measurement<long>(queue.Length(), queue.Name)];

    private Measurement<int>[] Observe(RedisStatus asked) => _status is { } status ? [new Measurement<int>(status() == asked ? 1 : 0)] : [];

    private sealed record CacheSource(KeyValuePair<string, object?> Cache, KeyValuePair<string, object?> Level, bool InMemory, Func<CacheReport> Read);

    private sealed record QueueSource(KeyValuePair<string, object?> Name, Func<long> Length);
}
