namespace Inference.Storage.Caching;

/// <summary>What a cache has done since it began, and how large it is now.</summary>
/// <param name="Hits">Lookups that found something usable.</param>
/// <param name="Misses">Lookups that did not.</param>
/// <param name="Evictions">Entries given up for others; expired and removed ones are not counted.</param>
/// <param name="Entries">Entries now.</param>
/// <param name="Bytes">Bytes now, bookkeeping included.</param>
internal readonly record struct CacheReport(long Hits, long Misses, long Evictions = 0, long Entries = 0, long Bytes = 0);
