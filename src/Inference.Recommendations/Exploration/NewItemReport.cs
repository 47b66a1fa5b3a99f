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
        // The best of them so far, best first: of a million rows only few are ever among them.
        var best = new List<(int Row, float Shown)>(MostListed + 1);
        foreach (int row in pool.Rows)
        {
            float impressions = arms.ShownOf(row);
            unshown += impressions > 0 ? 0 : 1;
            lacking += impressions < floor ? 1 : 0;
            shown += impressions;
            clicked += arms.ClickedOf(row);
            if (best.Count == MostListed && impressions <= best[^1].Shown)
                continue;
            int place = best.Count;
            while (place > 0 && best[place - 1].Shown < impressions)
                place--;
            best.Insert(place, (row, impressions));
            if (best.Count > MostListed)
                best.RemoveAt(MostListed);
        }

        NewItemStatus[] items = [.. best.Select(item => new NewItemStatus(snapshot.Items.IdOf(item.Row), item.Shown, arms.ClickedOf(item.Row)))];
        return new NewItemReport(pool.Rows.Length, unshown, lacking, shown, clicked, arms.Rate, items);
    }
}
