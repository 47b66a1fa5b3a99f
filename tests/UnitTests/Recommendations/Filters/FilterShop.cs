using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace UnitTests.Recommendations.Filters;

/// <summary>A catalogue of items with attributes, and the writer of it.</summary>
internal sealed class FilterShop : IDisposable
{
    private readonly LiveIndex _index;
    private readonly CatalogueEditor _editor;
    private long _version;

    /// <param name="items">Attributes of the items "i0", "i1" and on, which the bundle brings.</param>
    public FilterShop(params Dictionary<string, FeatureValue>[] items)
    {
        var contents = new ItemContents();
        foreach (Dictionary<string, FeatureValue> item in items)
            contents.Add(new ItemContent(null, FeatureSet.None, item));
        Items = new ItemCatalogue([.. Enumerable.Range(0, items.Length).Select(i => $"i{i}")], contents);
        _index = new LiveIndex(new ExactIndex(VectorMatrix.Create(new float[Math.Max(1, items.Length) * 2], 2), Metric.InnerProduct));
        _editor = new CatalogueEditor(Items, _index);
    }

    public ItemCatalogue Items { get; }

    public CatalogueFilters Filters => Items.Filters;

    public void Put(string id, Dictionary<string, FeatureValue> attributes) =>
        _editor.Apply([new ItemChange(id, ++_version, new ItemContent(null, FeatureSet.None, attributes))], [1f, 0f]);

    public void Delete(params string[] ids) => _editor.Apply([.. ids.Select(id => new ItemChange(id, ++_version, null))], []);

    public async Task<FilterLookup> FindAsync(string filter, DateTimeOffset now = default) => await Filters.FindAsync(ItemFilterTests.Of(filter), now, CancellationToken.None);

    /// <summary>The ids that a filter selects, by row.</summary>
    public async Task<string[]> IdsAsync(string filter, DateTimeOffset now = default)
    {
        FilterRows rows = (await FindAsync(filter, now)).Rows;
        return [.. Enumerable.Range(0, rows.Rows.RowCount).Where(rows.Rows.Contains).Select(Items.IdOf)];
    }

    public void Dispose()
    {
        _index.Dispose();
        Items.Dispose();
    }
}
