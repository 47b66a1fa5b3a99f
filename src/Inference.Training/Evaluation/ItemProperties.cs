using Inference.Training.Data;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation;

/// <summary>What the judge needs of the columns of items.csv, by item index.</summary>
public static class ItemProperties
{
    /// <summary>
    /// Content for intra-list diversity: the categories of all list and category columns, each 1; where there are texts alone, their words by rarity.
    /// </summary>
    public static ContentVectors Content(EntityTable items, SplitItems index)
    {
        EntityColumn[] categories = [.. items.Columns.Where(column => column.Type is ColumnType.CategoryList or ColumnType.Category)];
        EntityColumn[] texts = [.. items.Columns.Where(column => column.Type == ColumnType.Text)];
        if (categories.Length == 0 && texts.Length > 0)
            return ContentVectors.Of(ByItem(items, index, row => [.. texts.SelectMany(column => ContentVectors.WordsOf(column[row] ?? ""))]), weighByRarity: true);
        return ContentVectors.Of(ByItem(items, index, row => [.. categories.SelectMany(column => ValuesOf(column, row).Select(value => $"{column.Name}={value}"))]), weighByRarity: false);
    }

    /// <summary>Groups of items by their categories and by ranges of their numbers, such as prices.</summary>
    public static IReadOnlyList<ItemGrouping> Groupings(EntityTable items, SplitItems index)
    {
        var groupings = new List<ItemGrouping>();
        foreach (EntityColumn column in items.Columns)
        {
            ItemGrouping? grouping = column.Type switch
            {
                ColumnType.Category or ColumnType.CategoryList when column.DistinctCount > 1 => ItemGrouping.ByValues(column.Name, ByItem(items, index, row => ValuesOf(column, row))),
                ColumnType.Real or ColumnType.Integer => ItemGrouping.ByRange(column.Name, NumbersOf(column, items, index)),
                _ => null,
            };
            if (grouping is not null)
                groupings.Add(grouping);
        }

        return groupings;
    }

    private static string[][] ByItem(EntityTable items, SplitItems index, Func<int, string[]> valuesOfRow)
    {
        string[][] values = new string[index.Count][];
        for (int item = 0; item < values.Length; item++)
        {
            int row = items.Find(index.Ids[item]);
            values[item] = row < 0 ? [] : valuesOfRow(row);
        }

        return values;
    }

    private static string[] ValuesOf(EntityColumn column, int row)
    {
        int code = column.Codes[row];
        if (code == EntityColumn.Missing)
            return [];
        return column.Type == ColumnType.CategoryList ? column.ListOf(code) : [column.TextOf(code)];
    }

    private static double[] NumbersOf(EntityColumn column, EntityTable items, SplitItems index)
    {
        double[] numbers = new double[index.Count];
        for (int item = 0; item < numbers.Length; item++)
        {
            int row = items.Find(index.Ids[item]);
            int code = row < 0 ? EntityColumn.Missing : column.Codes[row];
            numbers[item] = code == EntityColumn.Missing ? double.NaN : column.NumberOf(code);
        }

        return numbers;
    }
}
