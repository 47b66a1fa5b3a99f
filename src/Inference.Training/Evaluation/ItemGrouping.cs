using System.Globalization;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation;

/// <summary>Items sorted into groups, to see who is shown: by popularity, by a category, by a range of prices. An item may be in several groups (a film in several genres) or in none.</summary>
public sealed class ItemGrouping
{
    /// <summary>Name of the group of items without training events.</summary>
    public const string ColdItems = "cold items";

    /// <summary>Parts by popularity.</summary>
    private const int Deciles = 10;

    /// <param name="name">What items are grouped by, for example "popularity" or "genres".</param>
    /// <param name="groups">Names of the groups.</param>
    /// <param name="groupsOfItems">By item index, places in <paramref name="groups"/>.</param>
    public ItemGrouping(string name, IReadOnlyList<string> groups, RowLists groupsOfItems)
    {
        foreach (int group in groupsOfItems.Values)
        {
            if (group < 0 || group >= groups.Count)
                throw new ArgumentException($"There is no group {group} among {groups.Count}.", nameof(groupsOfItems));
        }

        Name = name;
        Groups = groups;
        GroupsOfItems = groupsOfItems;
    }

    public string Name { get; }

    public IReadOnlyList<string> Groups { get; }

    public RowLists GroupsOfItems { get; }

    /// <summary>
    /// Ten equally large groups of the catalogue by training users (the first is the most popular tenth; equals by item index), and the cold items. A catalogue of fewer than ten items has as many groups.
    /// </summary>
    public static ItemGrouping ByPopularity(SplitItems items)
    {
        int[] order = [.. Enumerable.Range(0, items.TrainingCount)];
        Array.Sort(order, (a, b) => items.TrainingUsers[b] != items.TrainingUsers[a] ? items.TrainingUsers[b].CompareTo(items.TrainingUsers[a]) : a.CompareTo(b));
        int groups = Math.Min(Deciles, items.TrainingCount);
        int[] groupOfItem = new int[items.Count];
        for (int rank = 0; rank < order.Length; rank++)
            groupOfItem[order[rank]] = (int)((long)rank * groups / order.Length);
        groupOfItem.AsSpan(items.TrainingCount).Fill(groups);
        string[] names = [.. Enumerable.Range(1, groups).Select(group => group == 1 ? "most popular" : group == groups ? "least popular" : group.ToString(CultureInfo.InvariantCulture)), ColdItems];
        return new ItemGrouping("popularity", names, OneEach(groupOfItem));
    }

    /// <summary>Groups of items by their values of a property, the largest groups first.</summary>
    /// <param name="name">Name of the property.</param>
    /// <param name="values">Values by item index.</param>
    /// <param name="mostGroups">Further values go together into "other".</param>
    public static ItemGrouping ByValues(string name, IReadOnlyList<IReadOnlyCollection<string>> values, int mostGroups = 12)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (IReadOnlyCollection<string> one in values)
        {
            foreach (string value in one.Distinct(StringComparer.Ordinal))
                counts[value] = counts.GetValueOrDefault(value) + 1;
        }

        string[] kept = [.. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Key)];
        bool hasOther = kept.Length > mostGroups;
        if (hasOther)
            kept = [.. kept.Take(mostGroups - 1)];
        Dictionary<string, int> places = kept.Select((value, place) => (value, place)).ToDictionary(pair => pair.value, pair => pair.place, StringComparer.Ordinal);
        int[][] groups = [.. values.Select(one => one.Select(value => places.GetValueOrDefault(value, kept.Length)).Distinct().ToArray())];
        return new ItemGrouping(name, hasOther ? [.. kept, "other"] : kept, RowLists.Of(groups));
    }

    /// <summary>Up to five equally large ranges of a number, such as a price; items without it are in no group.</summary>
    /// <param name="name">Name of the property.</param>
    /// <param name="values">By item index; NaN where it is not known.</param>
    public static ItemGrouping? ByRange(string name, IReadOnlyList<double> values)
    {
        const int Ranges = 5;
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        double[] bounds = [.. Enumerable.Range(1, Ranges - 1).Where(_ => sorted.Length > 0).Select(part => sorted[(int)((long)part * sorted.Length / Ranges)]).Distinct().Where(bound => bound > sorted[0])];
        if (bounds.Length == 0)
            return null;
        string[] names =
        [
            FormattableString.Invariant($"under {bounds[0]:0.##}"), .. bounds.Zip(bounds[1..], (from, to) => FormattableString.Invariant($"{from:0.##} to {to:0.##}")),
            FormattableString.Invariant($"{bounds[^1]:0.##} and more"),
        ];
        return new ItemGrouping(name, names, RowLists.Of([.. values.Select(value => double.IsFinite(value) ? (int[])[bounds.Count(bound => bound <= value)] : [])]));
    }

    private static RowLists OneEach(int[] groupOfItem) => new([.. Enumerable.Range(0, groupOfItem.Length + 1)], groupOfItem);
}
