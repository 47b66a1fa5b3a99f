using System.Collections.Concurrent;
using Inference.Recommendations.Filters.Columns;

namespace Inference.Recommendations.Filters;

/// <summary>What is kept of the filters that were asked: the least recently used goes first. Rows may be asked for by anybody, the rest is behind the lock of the filters.</summary>
internal sealed class KeptFilters
{
    private readonly ConcurrentDictionary<string, KeptFilter> _byText = new(StringComparer.Ordinal);
    private long _uses;

    /// <summary>How often something that is kept was used, or kept.</summary>
    public long Uses => Volatile.Read(ref _uses);

    public bool Has(string text) => _byText.ContainsKey(text);

    public KeptFilter? Find(string text) => _byText.GetValueOrDefault(text);

    public KeptFilter FindOrAdd(string text) => _byText.GetOrAdd(text, _ => new KeptFilter());

    /// <summary>The rows of a filter if they know so many changes and are of that moment.</summary>
    public FilterRows? TryUse(string text, long version, long moment)
    {
        if (!_byText.TryGetValue(text, out KeptFilter? entry) || entry.Rows is not { } rows || rows.Version != version || rows.Moment != moment)
            return null;
        entry.LastUse = Interlocked.Increment(ref _uses);
        return rows;
    }

    /// <summary>Replaces what is kept of one filter.</summary>
    /// <param name="columns">How many columns there are now.</param>
    public void Keep(KeptFilter entry, RowTest test, int columns, FilterRows rows) =>
        (entry.Test, entry.Columns, entry.LastUse, entry.Rows) = (test, columns, Interlocked.Increment(ref _uses), rows);

    /// <summary>Lets go of what is too much beside an entry that was just added.</summary>
    public void Trim(KeptFilter added, FilterOptions options)
    {
        int most = (int)Math.Min(options.CacheEntries, Math.Max(1, options.CacheBytes / Math.Max(1, added.Rows!.Rows.RowCount / 8)));
        while (_byText.Count > most)
        {
            string? oldest = null;
            long least = long.MaxValue;
            foreach ((string text, KeptFilter entry) in _byText)
            {
                if (entry != added && entry.LastUse < least)
                    (oldest, least) = (text, entry.LastUse);
            }

            if (oldest is null)
                return;
            _byText.TryRemove(oldest, out _);
        }
    }

    /// <summary>Tests hold on to the columns, and some of those went.</summary>
    public void ForgetTests()
    {
        foreach (KeptFilter entry in _byText.Values)
            entry.Test = null;
    }

    public void Clear() => _byText.Clear();
}
