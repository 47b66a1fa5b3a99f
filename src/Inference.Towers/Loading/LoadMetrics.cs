using System.Diagnostics.Metrics;
using Inference.Towers.Runtime;

namespace Inference.Towers.Loading;

/// <summary>The instruments of loads, on the meter "Inference.Towers".</summary>
internal static class LoadMetrics
{
    /// <summary>The attribute that they all have: "embeddings" or "index".</summary>
    public const string Part = "recsys.model.part";

    private static readonly Meter Meter = new(TowerMetrics.MeterName);

    public static readonly Counter<long> CacheHits = Meter.CreateCounter<long>("recsys.model.cache.hits", "{part}", "Parts of bundles that a load found in the cache folder instead of making them.");

    public static readonly Counter<long> CacheMisses = Meter.CreateCounter<long>("recsys.model.cache.misses", "{part}", "Parts of bundles that a load had to make, because the cache folder did not hold them.");

    public static readonly Counter<long> CacheFailures = Meter.CreateCounter<long>(
        "recsys.model.cache.failures", "{part}", "Parts of bundles in the cache folder that were damaged, or could not be read or written; they are made anew.");

    public static readonly Counter<long> CacheEvictions = Meter.CreateCounter<long>("recsys.model.cache.evictions", "{part}", "Parts of bundles that were removed from the cache folder to keep its size.");
}
