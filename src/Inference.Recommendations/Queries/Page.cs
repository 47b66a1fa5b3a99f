using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Queries;

/// <summary>Which part of a longer list a query asks for; the first part has none of these.</summary>
/// <param name="Number">Of the page, from 2.</param>
/// <param name="FirstRequestId">Request id of the first page: with the number the seed of what is drawn, and what decides whether the pages are written to the log of decisions.</param>
/// <param name="ModelVersion">"name/version" that answered the page before; another one that answers says so.</param>
/// <param name="ShownItemIds">Items of the pages before, none of which is shown again. Some may be deleted since.</param>
public sealed record Page(int Number, string FirstRequestId, string ModelVersion, IReadOnlyList<string> ShownItemIds)
{
    /// <summary>What the draws of this page are seeded with: another seed for each page, so that what is drawn on one says nothing of the next.</summary>
    internal string Seed => $"{FirstRequestId} page {Number}";

    /// <summary>Rows of the items of the pages before, as far as the catalogue has them; nothing for the first page.</summary>
    internal static int[] RowsOf(Page? page, ItemCatalogue items)
    {
        if (page is null)
            return [];
        int[] rows = new int[page.ShownItemIds.Count];
        int found = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            if (items.TryGetRow(page.ShownItemIds[i], out int row))
                rows[found++] = row;
        }

        return found == rows.Length ? rows : rows[..found];
    }
}
