using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Towers.Bundles;

/// <summary>The items of a bundle while it is loaded: ids for the snapshot, features for the item tower.</summary>
/// <param name="Items">Ids, titles, features and attributes by row.</param>
/// <param name="IdInputs">The items' own input ids by row; null when not every item has one.</param>
/// <param name="Features">Features by row.</param>
internal sealed record Catalogue(ItemCatalogue Items, long[]? IdInputs, IReadOnlyDictionary<string, FeatureValue>[] Features)
{
    /// <summary>Makes the catalogue of items that were checked: ids are there and unique.</summary>
    public static Catalogue Of(IReadOnlyList<BundleItem> items)
    {
        var ids = new string[items.Count];
        var contents = new ItemContents();
        var idInputs = new long[items.Count];
        var features = new IReadOnlyDictionary<string, FeatureValue>[items.Count];
        bool allHaveIds = true;
        for (int row = 0; row < ids.Length; row++)
        {
            BundleItem item = items[row];
            ids[row] = item.Id;
            idInputs[row] = item.IdInput ?? 0;
            allHaveIds &= item.IdInput is not null;
            features[row] = item.Features ?? FeatureSet.None;
            contents.Add(new ItemContent(item.Title, features[row], item.Attributes ?? FeatureSet.None));
        }

        contents.Trim();
        return new Catalogue(new ItemCatalogue(ids, contents), allHaveIds ? idInputs : null, features);
    }
}
