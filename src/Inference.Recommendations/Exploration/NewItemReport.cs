using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Exploration;

/// <summary>One new item, for people.</summary>
/// <param name="ItemId">The item.</param>
/// <param name="Shown">Its impressions.</param>
/// <param name="Clicked">Its clicks.</param>
public readonly record struct NewItemStatus(string ItemId, float Shown, float Clicked);

/// <summary>The new items of one version at one moment. Immutable.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Unshown">How many of them nobody has been shown.</param>
/// <param name="Lacking">How many of them lack exposure.</param>
/// <param name="Shown">Their impressions together.</param>
/// <param name="Clicked">Their clicks together.</param>
/// <param name="Rate">Click rate of the average impression of any item.</param>
/// <param name="Items">Those that were shown most; at most <see cref="MostListed"/>.</param>
public sealed record NewItemReport(int Count, int Unshown, int Lacking, double Shown, double Clicked, double Rate, IReadOnlyList<NewItemStatus> Items)
{
    /// <summary>Most items of a report.</summary>
    public const int MostListed = 100;

    /// <summary>No item is new.</summary>
    public static NewItemReport Empty { get; } = new(0, 0, 0, 0, 0, ItemArms.Empty.Rate, []);

    internal static NewItemReport Of(Snapshot snapshot, ItemArms arms, NewItemPool pool, double floor)
    {
        int unshown = 0, lacking = 0;
        double shown = 0, clicked = 0;
        foreach (int row in pool.Rows)
        {
            unshown += arms.ShownOf(row) > 0 ? 0 : 1;
            lacking += arms.ShownOf(row) < floor ? 1 : 0;
            shown += arms.ShownOf(row);
            clicked += arms.ClickedOf(row);
        }

        int[] rows = pool.Rows.ToArray();
        Array.Sort(rows, (a, b) => arms.ShownOf(a) != arms.ShownOf(b) ? arms.ShownOf(b).CompareTo(arms.ShownOf(a)) : a.CompareTo(b));
        NewItemStatus[] items = [.. rows.Take(MostListed).Select(row => new NewItemStatus(snapshot.Items.IdOf(row), arms.ShownOf(row), arms.ClickedOf(row)))];
        return new NewItemReport(rows.Length, unshown, lacking, shown, clicked, arms.Rate, items);
    }
}
