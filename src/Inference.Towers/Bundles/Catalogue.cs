using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Towers.Bundles;

/// <summary>The items of a bundle while it is loaded: ids and features for the snapshot and the item tower.</summary>
/// <param name="Items">Ids, titles, features and attributes by row.</param>
/// <param name="IdInputs">The items' own input ids by row; null when not every item has one.</param>
internal sealed record Catalogue(ItemCatalogue Items, long[]? IdInputs)
{
    /// <summary>Makes the catalogue of items that were checked: ids are there and unique.</summary>
    public static Catalogue Of(IReadOnlyList<BundleItem> items)
    {
        var ids = new string[items.Count];
        var contents = new ItemContents(items.Count);
        var idInputs = new long[items.Count];
        bool allHaveIds = true;
        for (int row = 0; row < ids.Length; row++)
        {
            BundleItem item = items[row];
            ids[row] = item.Id;
            idInputs[row] = item.IdInput ?? 0;
            allHaveIds &= item.IdInput is not null;
            contents.Add(new ItemContent(item.Title, item.Features ?? FeatureSet.None, item.Attributes ?? FeatureSet.None));
        }

        contents.Trim();
        return new Catalogue(new ItemCatalogue(ids, contents), allHaveIds ? idInputs : null);
    }
}
