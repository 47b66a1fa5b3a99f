using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Brings the weights of an earlier model into a new one of the same shape: layers as they are, rows of items by id, rows of context values by field and value, content tables where content has the same columns. What is
/// new starts from nothing: a new item from its content, a new context value as an unknown one.
/// </summary>
internal static class WarmStart
{
    public static void Apply(TowerWeights weights, TwoTowerState earlier, SplitItems items, UserContexts contexts)
    {
        TowerWeights from = earlier.Weights;
        TowerSizes a = weights.Sizes, b = from.Sizes;
        if (a.Dimension != b.Dimension || a.Hidden != b.Hidden || a.MaxHistory != b.MaxHistory || a.ContentColumns != b.ContentColumns)
            throw new ArgumentException("The earlier model has another dimension, number of hidden units, history length or content; train anew.", nameof(earlier));
        foreach (Parameter to in weights.All)
        {
            Parameter source = from.All.FirstOrDefault(parameter => parameter.Name == to.Name) ?? to;
            if (to != weights.ItemId && to != weights.HistoryId && !weights.Context.Contains(to))
                source.Of(from.Values).CopyTo(to.Of(weights.Values));
        }

        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < b.TrainingItems; i++)
            places[earlier.TrainingItemIds[i]] = i + 1;
        for (int i = 0; i < a.TrainingItems; i++)
        {
            if (!places.TryGetValue(items.Ids[i], out int row))
                continue;
            from.ItemId.Row(from.Values, row).CopyTo(weights.ItemId.Row(weights.Values, i + 1));
            from.HistoryId.Row(from.Values, row).CopyTo(weights.HistoryId.Row(weights.Values, i + 1));
        }

        for (int field = 0; field < contexts.Fields.Count; field++)
        {
            ContextField now = contexts.Fields[field];
            int before = earlier.Fields.Select(known => known.Name).ToList().IndexOf(now.Name);
            if (before < 0)
                continue;
            List<string> values = [.. earlier.Fields[before].Values];
            from.Context[before].Row(from.Values, 0).CopyTo(weights.Context[field].Row(weights.Values, 0));
            for (int code = 1; code < now.Codes; code++)
            {
                int row = values.IndexOf(now.Values[code - 1]) + 1;
                from.Context[before].Row(from.Values, row).CopyTo(weights.Context[field].Row(weights.Values, code));
            }
        }
    }
}
