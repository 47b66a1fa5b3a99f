using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Brings the weights of an earlier model into a new one of the same dimensions.
/// <list type="number">
/// <item>Layers as they are; rows of items by id, of context values by field and value, of content by word and by what a column stands for.</item>
/// <item>What is new starts from nothing: a new item from its content, a new context value as an unknown one.</item>
/// <item>New items with events get their popularity, in the component that <see cref="FactorStart"/> keeps it in.</item>
/// </list>
/// Items of another shop are all new ones: what carries over is what the content says.
/// </summary>
internal static class WarmStart
{
    /// <summary>Share of the items that an earlier model has to know to be of the same shop.</summary>
    public const double SameShop = 0.5;

    /// <summary>Share of the training items that the earlier model knows.</summary>
    public static double KnownShare(TwoTowerState earlier, SplitItems items)
    {
        var ids = new HashSet<string>(earlier.TrainingItemIds, StringComparer.Ordinal);
        return items.Ids.Take(items.TrainingCount).Count(ids.Contains) / Math.Max(1.0, items.TrainingCount);
    }

    public static void Apply(TowerWeights weights, ContentMatrix content, TwoTowerState earlier, SplitItems items, UserContexts contexts)
    {
        TowerWeights from = earlier.Weights;
        TowerSizes a = weights.Sizes, b = from.Sizes;
        if (a.Dimension != b.Dimension || a.Hidden != b.Hidden || a.MaxHistory != b.MaxHistory)
            throw new ArgumentException("The earlier model has another dimension, number of hidden units or history length; train anew.", nameof(earlier));
        foreach (Parameter to in weights.All)
        {
            Parameter source = from.All.FirstOrDefault(parameter => parameter.Name == to.Name) ?? to;
            if (source.Rows == to.Rows && !IsByMeaning(weights, to))
                source.Of(from.Values).CopyTo(to.Of(weights.Values));
        }

        CopyContent(weights.ItemContent, from.ItemContent, weights, content, earlier);
        CopyContent(weights.HistoryContent, from.HistoryContent, weights, content, earlier);
        CopyContexts(weights, earlier, contexts);
        CopyItems(weights, content, earlier, items);
    }

    private static bool IsByMeaning(TowerWeights weights, Parameter parameter) =>
        parameter == weights.ItemId || parameter == weights.HistoryId || parameter == weights.ItemContent || parameter == weights.HistoryContent || weights.Context.Contains(parameter);

    private static void CopyContent(Parameter to, Parameter source, TowerWeights weights, ContentMatrix content, TwoTowerState earlier)
    {
        TowerWeights from = earlier.Weights;
        int tokenRows = from.Sizes.ContentColumns - earlier.DenseNames.Count;
        to.Of(weights.Values).Clear();
        if (tokenRows == content.TokenRows)
            source.Of(from.Values)[..(tokenRows * source.Columns)].CopyTo(to.Of(weights.Values));
        for (int column = 0; column < content.DenseNames.Count; column++)
        {
            int place = content.DenseNames[column].Length == 0 ? -1 : Place(earlier.DenseNames, content.DenseNames[column]);
            if (place >= 0)
                source.Row(from.Values, tokenRows + place).CopyTo(to.Row(weights.Values, content.TokenRows + column));
        }
    }

    private static void CopyContexts(TowerWeights weights, TwoTowerState earlier, UserContexts contexts)
    {
        TowerWeights from = earlier.Weights;
        for (int field = 0; field < contexts.Fields.Count; field++)
        {
            ContextField now = contexts.Fields[field];
            int before = Place([.. earlier.Fields.Select(known => known.Name)], now.Name);
            if (before < 0)
                continue;
            from.Context[before].Row(from.Values, 0).CopyTo(weights.Context[field].Row(weights.Values, 0));
            for (int code = 1; code < now.Codes; code++)
            {
                int row = Place(earlier.Fields[before].Values, now.Values[code - 1]) + 1;
                from.Context[before].Row(from.Values, row).CopyTo(weights.Context[field].Row(weights.Values, code));
            }
        }
    }

    private static void CopyItems(TowerWeights weights, ContentMatrix content, TwoTowerState earlier, SplitItems items)
    {
        TowerWeights from = earlier.Weights;
        int d = weights.Sizes.Dimension, count = weights.Sizes.TrainingItems;
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < earlier.TrainingItemIds.Count; i++)
            places[earlier.TrainingItemIds[i]] = i + 1;
        double meanLog = 0;
        for (int i = 0; i < count; i++)
            meanLog += Math.Log(1 + items.TrainingUsers[i]) / count;
        float[] known = new float[d];
        for (int i = 0; i < count; i++)
        {
            if (places.TryGetValue(items.Ids[i], out int row))
            {
                from.ItemId.Row(from.Values, row).CopyTo(weights.ItemId.Row(weights.Values, i + 1));
                from.HistoryId.Row(from.Values, row).CopyTo(weights.HistoryId.Row(weights.Values, i + 1));
                continue;
            }

            ReadOnlySpan<int> columns = content.ColumnsOf(i);
            Array.Clear(known);
            for (int j = 0; j < columns.Length; j++)
                FloatVectors.AddScaled(weights.ItemContent.Row(weights.Values, columns[j]), content.WeightsOf(i)[j], known);
            weights.ItemId.Row(weights.Values, i + 1)[d - 1] = (float)(Math.Log(1 + items.TrainingUsers[i]) - meanLog) - known[d - 1];
        }
    }

    private static int Place(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
                return i;
        }

        return -1;
    }
}
