namespace Inference.Recommendations.Snapshots;

/// <summary>The items by value of one attribute, most popular first, as they were at one moment. Immutable.</summary>
/// <remarks>
/// One array of rows, the list of each value behind the other: at most a number for each item and value. Values of one item alone have no list. Rows may be deleted since, or have another value; whoever reads them looks at
/// <see cref="Numbers"/>, which are true now.
/// </remarks>
internal sealed class ValueLists
{
    /// <summary>Rows of a list at most.</summary>
    public const int Longest = 4_096;

    /// <summary>Distinct values at most.</summary>
    private const int MostValues = 1 << 20;

    /// <summary>An attribute tells items apart rather than together where fewer than one in so many values is another item's, too.</summary>
    private const int OneInShared = 10;

    private const int Batch = 4_096;

    private readonly int[] _counts;
    private readonly int[] _starts;
    private readonly int[] _lengths;
    private readonly int[] _rows;
    private readonly int _items;

    private ValueLists(AttributeNumbers numbers, bool isUnique, int items, int[] counts, int[] starts, int[] lengths, int[] rows)
    {
        (Numbers, IsUnique) = (numbers, isUnique);
        (_items, _counts, _starts, _lengths, _rows) = (items, counts, starts, lengths, rows);
    }

    /// <summary>The values of each row now.</summary>
    public AttributeNumbers Numbers { get; }

    /// <summary>Whether hardly an item shares a value with another, as ids do not; there are no lists then.</summary>
    public bool IsUnique { get; }

    /// <summary>Reads all items.</summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="attribute">A name that items have.</param>
    /// <param name="popularity">Orders the lists; rows that it does not know come last.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static ValueLists Build(ItemCatalogue items, string attribute, Popularity popularity, CancellationToken cancellationToken)
    {
        AttributeNumbers numbers = items.NumbersOf(attribute);
        CatalogueRows now = items.Rows;
        if (Count(numbers, now, cancellationToken) is not { } counts)
            return new ValueLists(numbers, isUnique: true, now.Count, [], [], [], []);

        int[] starts = new int[counts.Length + 1], lengths = new int[counts.Length];
        for (int value = 0; value < counts.Length; value++)
            starts[value + 1] = starts[value] + (counts[value] < 2 ? 0 : Math.Min(counts[value], Longest));
        int[] rows = new int[starts[^1]];
        ReadOnlySpan<ScoredRow> ranked = popularity.Ranked;
        for (int i = 0; i < Math.Max(ranked.Length, now.RowCount); i++)
        {
            if (i % Batch == 0)
                cancellationToken.ThrowIfCancellationRequested();
            int row = i < ranked.Length ? ranked[i].Row : i;
            if (!now.Contains(row))
                continue;
            int number = numbers.Of(row);
            foreach (int value in numbers.In(number))
            {
                // A value that came since the count has no list yet.
                if (value < counts.Length && starts[value] + lengths[value] < starts[value + 1])
                    rows[starts[value] + lengths[value]++] = row;
            }
        }

        return new ValueLists(numbers, isUnique: false, now.Count, counts, starts, lengths, rows);
    }

    /// <summary>Up to <see cref="Longest"/> rows that had a value, most popular first, ties by row.</summary>
    /// <param name="value">Number of a single value.</param>
    public ReadOnlySpan<int> Of(int value) => value < _lengths.Length ? _rows.AsSpan(_starts[value], _lengths[value]) : default;

    /// <summary>ln(items ∕ items with the value): how much it says that two items share it. 0 for a value that all have, or that came since.</summary>
    /// <param name="value">Number of a single value.</param>
    public float WeightOf(int value) => value < _counts.Length && _counts[value] > 0 ? (float)Math.Log((double)_items / _counts[value]) : 0f;

    /// <returns>Items by number of the value; null where they are as good as unique.</returns>
    private static int[]? Count(AttributeNumbers numbers, CatalogueRows now, CancellationToken cancellationToken)
    {
        int[] counts = new int[256];
        int used = 0, distinct = 0;
        long all = 0, shared = 0;
        for (int row = 0; row < now.RowCount; row++)
        {
            if (row % Batch == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (!now.Contains(row))
                continue;
            int number = numbers.Of(row);
            foreach (int value in numbers.In(number))
            {
                if (value >= counts.Length)
                    Array.Resize(ref counts, Math.Max(value + 1, counts.Length * 2));
                used = Math.Max(used, value + 1);
                int before = counts[value]++;
                all++;
                distinct += before == 0 ? 1 : 0;
                shared += before == 0 ? 0 : before == 1 ? 2 : 1;
            }

            if (distinct > MostValues)
                return null;
        }

        return shared * OneInShared < all ? null : counts[..used];
    }
}
