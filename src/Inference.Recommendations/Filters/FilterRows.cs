using Inference.Recommendations.Recall;
using Inference.Vectors;

namespace Inference.Recommendations.Filters;

/// <summary>The rows that a filter selects at one moment. Shared by whoever asks: the set is never changed, and never given back to its pool.</summary>
public sealed class FilterRows
{
    internal FilterRows(RowSet rows, int items, long version, long moment)
    {
        Rows = rows;
        Items = items;
        Version = version;
        Moment = moment;
    }

    /// <summary>The rows; all of them hold an item. Read it, or hand it to a search; neither change nor dispose it.</summary>
    public RowSet Rows { get; }

    /// <summary>Rows that are selected.</summary>
    public int Count => Rows.Count;

    /// <summary>Items of the catalogue at that moment.</summary>
    public int Items { get; }

    /// <summary>Selected ones per item, in [0, 1]; 0 for an empty catalogue.</summary>
    public double Share => Items == 0 ? 0 : (double)Count / Items;

    /// <summary>The class of <see cref="Share"/>.</summary>
    public FilterClass Class => FilterClasses.Of(Count, Items, isPicked: true);

    /// <summary>Changes of the catalogue that it knows.</summary>
    internal long Version { get; }

    /// <summary>Seconds since 1970, in units of the grain; 0 where the filter reads no clock.</summary>
    internal long Moment { get; }
}

/// <summary>How the rows of a filter were found.</summary>
public enum FilterLookupKind
{
    /// <summary>They were there.</summary>
    Hit,

    /// <summary>They were there, and rows that changed since were tested again.</summary>
    Patched,

    /// <summary>All rows were tested.</summary>
    Compiled,

    /// <summary>Columns were made first.</summary>
    ColumnsMade,
}

/// <summary>The rows of a filter, and how they were found.</summary>
public readonly record struct FilterLookup(FilterRows Rows, FilterLookupKind Kind);
