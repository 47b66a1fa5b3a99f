using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Filters.Columns;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Filters;

/// <summary>Filters of one catalogue that were read and fit, by their text. Safe for concurrent use.</summary>
internal sealed class ReadFilters(ItemCatalogue items, ItemAttributes attributes)
{
    /// <summary>Texts for each filter whose rows may be kept.</summary>
    private const int PerEntry = 4;

    /// <summary>Most characters of them; their trees take some tens of bytes for each.</summary>
    private const int MostCharacters = 1 << 20;

    private readonly ConcurrentDictionary<string, ItemFilter> _read = new(StringComparer.Ordinal);
    private long _characters;

    /// <summary>Characters of the filters that are kept.</summary>
    public long Characters => Volatile.Read(ref _characters);

    /// <summary>Reads a filter and checks that it fits the catalogue; what was read before costs a look-up.</summary>
    public bool TryRead(string text, FilterOptions options, [NotNullWhen(true)] out ItemFilter? filter, [NotNullWhen(false)] out FilterError? error)
    {
        error = null;
        if (_read.TryGetValue(text, out filter))
            return true;
        if (!ItemFilter.TryParse(text, out filter, out error))
            return false;
        if ((error = filter.Check(attributes)) is not null)
        {
            // Nothing is known of items that are still to come, and there is nothing to show.
            if (items.Count == 0)
            {
                error = null;
                return true;
            }

            filter = null;
            return false;
        }

        // Attributes never go, so what fits once fits always.
        if (_read.Count >= options.CacheEntries * PerEntry || Interlocked.Add(ref _characters, text.Length) > MostCharacters)
        {
            _read.Clear();
            Volatile.Write(ref _characters, text.Length);
        }

        filter = _read.GetOrAdd(text, filter);
        return true;
    }
}
