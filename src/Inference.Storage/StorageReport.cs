using Inference.Storage.Redis;

namespace Inference.Storage;

/// <summary>One cache of this process with what stands behind it.</summary>
/// <param name="Name">"embeddings" or "states".</param>
/// <param name="Entries">Entries in memory.</param>
/// <param name="Bytes">Bytes in memory, bookkeeping included.</param>
/// <param name="Hits">Lookups answered from memory.</param>
/// <param name="StoreHits">Lookups answered from Redis.</param>
/// <param name="Misses">Lookups that found nothing at all.</param>
/// <param name="Evictions">Entries given up for others.</param>
public sealed record CacheSummary(string Name, long Entries, long Bytes, long Hits, long StoreHits, long Misses, long Evictions);

/// <summary>What caches and store have done since the process began.</summary>
/// <param name="Caches">The caches.</param>
/// <param name="Waiting">Writes that wait for Redis, by queue.</param>
/// <param name="Dropped">Writes that were dropped, by queue.</param>
/// <param name="Failures">Failures by kind.</param>
/// <param name="Status">How Redis stands.</param>
public sealed record StorageReport(
    IReadOnlyList<CacheSummary> Caches, IReadOnlyDictionary<string, long> Waiting, IReadOnlyDictionary<string, long> Dropped, IReadOnlyDictionary<string, long> Failures, RedisStatus Status);
