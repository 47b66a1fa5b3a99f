using System.Collections.Concurrent;
using Inference.Recommendations.Pipeline;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// How many distinct values attributes have in a catalogue, for the coverage of slates. Counted when somebody asks first, and no further than is asked for: a slate has no more values than places. Counted again once one item in a hundred has
/// come or gone, so that a catalogue that always changes is not always read. Safe for concurrent use.
/// </summary>
internal sealed class AttributeValues(ItemCatalogue items)
{
    /// <summary>Attributes whose numbers are kept; surfaces name a few.</summary>
    private const int MostKept = 64;

    private readonly ConcurrentDictionary<string, Counted> _counted = new(StringComparer.Ordinal);

    /// <summary>Distinct values of an attribute, counted up to a number.</summary>
    public int CountOf(string attribute, int most)
    {
        CatalogueRows now = items.Rows;
        if (_counted.TryGetValue(attribute, out Counted known) && known.IsOf(now) && (known.IsAll || known.Count >= most))
            return Math.Min(known.Count, most);
        var values = new HashSet<string>(StringComparer.Ordinal);
        int row = 0;
        for (; row < now.RowCount && values.Count < most; row++)
        {
            if (now.Contains(row))
                AttributeCoverage.Add(values, items, row, attribute);
        }

        if (_counted.Count < MostKept || _counted.ContainsKey(attribute))
            _counted[attribute] = new Counted(now.RowCount, now.Count, values.Count, row == now.RowCount);
        return Math.Min(values.Count, most);
    }

    /// <param name="Rows">Rows that there were.</param>
    /// <param name="Items">Items that there were.</param>
    /// <param name="Count">Values that were found.</param>
    /// <param name="IsAll">Whether there were no others.</param>
    private readonly record struct Counted(int Rows, int Items, int Count, bool IsAll)
    {
        public bool IsOf(CatalogueRows now) => 100L * (Math.Abs(now.RowCount - Rows) + Math.Abs(now.Count - Items)) <= now.RowCount;
    }
}
