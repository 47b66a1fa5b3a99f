namespace Inference.Recommendations.Snapshots;

/// <summary>What became of some changes in one snapshot.</summary>
/// <param name="Inserted">Items that were not there and are.</param>
/// <param name="Updated">Items that were there and are replaced.</param>
/// <param name="Deleted">Items that were there and are not.</param>
/// <param name="Superseded">Changes that came after a later one of the same item, and deletions of what was not there.</param>
public readonly record struct CatalogueEdit(int Inserted, int Updated, int Deleted, int Superseded)
{
    public static CatalogueEdit operator +(CatalogueEdit a, CatalogueEdit b) =>
        new(a.Inserted + b.Inserted, a.Updated + b.Updated, a.Deleted + b.Deleted, a.Superseded + b.Superseded);
}
