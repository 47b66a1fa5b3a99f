using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;

namespace Inference.Towers.Import;

/// <summary>Reads the items of an export and, where there is a data folder, what people know of them.</summary>
internal static class ItemImport
{
    public static ImportedItems Read(ImportDescription description, BundleImportOptions options)
    {
        ImportItems wanted = description.Items;
        Dictionary<string, BundleItem>? known = wanted.Data is null || options.Data is null ? null : ReadData(wanted.Data, options.Data);
        var check = new FeatureCrossCheck(description.ItemTower);
        var items = new List<BundleItem>();
        var ids = new List<string>();
        HashSet<string> roles = [.. wanted.Served ?? [], .. options.IncludeColdItems ? wanted.Cold ?? [] : []];

        string path = Path.Combine(options.Towers, wanted.Table);
        using var table = new CsvReader(path);
        int idColumn = table.Require(wanted.Id);
        int inputColumn = wanted.IdInput is null ? -1 : table.Require(wanted.IdInput);
        int roleColumn = wanted.Role is null ? -1 : table.Require(wanted.Role);
        var columns = new ColumnReader(table, wanted.Features);
        while (table.Read())
        {
            string id = table[idColumn];
            ids.Add(id);
            if (roleColumn >= 0 && !roles.Contains(table[roleColumn]))
                continue;
            long input = 0;
            if (inputColumn >= 0 && !long.TryParse(table[inputColumn], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out input))
                throw table.Invalid($"column '{wanted.IdInput}' has '{table[inputColumn]}', which is no whole number.");
            Dictionary<string, FeatureValue> exported = columns.Read();
            BundleItem item = known?.GetValueOrDefault(id) ?? new BundleItem { Id = id };
            if (known is not null && known.ContainsKey(id) && check.Difference(id, exported, item.Features!) is { } difference)
                throw table.Invalid($"the item '{id}' of the data folder does not fit the export: {difference}.");
            items.Add(item with { IdInput = inputColumn < 0 ? null : input, Features = Merge(exported, item.Features) });
        }

        return new ImportedItems(items, ids);
    }

    private static Dictionary<string, BundleItem> ReadData(ImportItemData wanted, string folder)
    {
        var items = new Dictionary<string, BundleItem>(StringComparer.Ordinal);
        using var table = new CsvReader(Path.Combine(folder, wanted.Table));
        int idColumn = table.Require(wanted.Id);
        int titleColumn = wanted.Title is null ? -1 : table.Require(wanted.Title);
        var features = new ColumnReader(table, wanted.Features);
        var attributes = new ColumnReader(table, wanted.Attributes);
        while (table.Read())
        {
            var item = new BundleItem
            {
                Id = table[idColumn],
                Title = titleColumn < 0 || table[titleColumn].Length == 0 ? null : table[titleColumn],
                Features = features.Read(),
                Attributes = attributes.Read() is { Count: > 0 } some ? some : null,
            };
            if (!items.TryAdd(item.Id, item))
                throw table.Invalid($"the item '{item.Id}' is there twice.");
        }

        return items;
    }

    /// <summary>Natural features go before the exporter's own form of them: new items come in the natural form, and people can read it.</summary>
    private static Dictionary<string, FeatureValue> Merge(Dictionary<string, FeatureValue> exported, IReadOnlyDictionary<string, FeatureValue>? natural)
    {
        foreach ((string name, FeatureValue value) in natural ?? FeatureSet.None)
            exported[name] = value;
        return exported;
    }
}
