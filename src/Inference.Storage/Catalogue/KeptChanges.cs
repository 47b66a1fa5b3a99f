using System.Collections.Concurrent;
using Inference.Recommendations.Ports;

namespace Inference.Storage.Catalogue;

/// <summary>The latest change of each item in this process, as bytes: a fraction of what the objects would take. Safe for concurrent use.</summary>
internal sealed class KeptChanges
{
    private readonly ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private long _highest;

    public int Count => _kept.Count;

    /// <summary>The highest version ever seen.</summary>
    public long Highest => Volatile.Read(ref _highest);

    /// <summary>The version of an item's change; 0 where there is none.</summary>
    public long VersionOf(string itemId) => _kept.TryGetValue(itemId, out Kept? kept) ? kept.Version : 0;

    /// <summary>All of them, not yet read.</summary>
    public IEnumerable<(string ItemId, long Version, byte[] Body)> Bodies() => _kept.Select(pair => (pair.Key, pair.Value.Version, pair.Value.Body));

    /// <summary>All of them.</summary>
    public IEnumerable<ItemChange> Changes() => _kept.Select(pair => new ItemChange(pair.Key, pair.Value.Version, ItemRecord.Content(pair.Value.Body)));

    /// <summary>Takes a change, unless a later one of the item is there.</summary>
    /// <returns>Whether it was taken.</returns>
    public bool TryPut(string itemId, long version, byte[] body)
    {
        long highest;
        while (version > (highest = Highest))
            Interlocked.CompareExchange(ref _highest, version, highest);
        var kept = new Kept(version, body);
        return _kept.AddOrUpdate(itemId, static (_, kept) => kept, static (_, before, kept) => kept.Version > before.Version ? kept : before, kept) == kept;
    }

    private sealed class Kept(long version, byte[] body)
    {
        public long Version => version;

        public byte[] Body => body;
    }
}
