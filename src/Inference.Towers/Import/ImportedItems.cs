using Inference.Towers.Bundles;

namespace Inference.Towers.Import;

/// <summary>The items of an import.</summary>
/// <param name="Items">Those that are served, by row.</param>
/// <param name="IdByExportRow">Ids of all items of the exporter, by its own row numbers.</param>
internal sealed record ImportedItems(IReadOnlyList<BundleItem> Items, IReadOnlyList<string> IdByExportRow);
