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

    /// <summary>Ridge of the map between spaces, relative to the mean energy of a component.</summary>
    private const double CarryRidge = 1e-3;

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
            throw new InvalidDataException($"The earlier model has dimension {b.Dimension}, {b.Hidden} hidden units and histories of {b.MaxHistory}; {a.Dimension}, {a.Hidden} and {a.MaxHistory} are wanted. Train anew.");
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

    /// <summary>
    /// Carries what an earlier model says of users without history into the space of another one: u′ = (V′ᵀV′)⁻¹ V′ᵀV u gives the same scores as u as nearly as can be, V and V′ being the vectors of the items that both know.
    /// </summary>
    /// <param name="weights">Receives the rows of context values and the bias of an empty history; those of <paramref name="now"/>.</param>
    /// <param name="before">The earlier model, over the items of now.</param>
    /// <param name="now">The new one.</param>
    /// <param name="earlier">Tells which items the earlier one knew.</param>
    /// <param name="items">The items of now.</param>
    /// <returns>Whether it could: items that both know, and that do not all have the same vector, are what spaces are compared by.</returns>
    public static bool CarryContexts(TowerWeights weights, TwoTowerModel before, TwoTowerModel now, TwoTowerState earlier, SplitItems items)
    {
        int d = weights.Sizes.Dimension;
        if (MapOf(before, now, earlier, items) is not { } map)
            return false;
        float[] nobody = new float[d], user = new float[d];
        before.EmbedUser([], [], nobody);
        for (int field = 0; field < weights.Context.Count; field++)
        {
            int[] codes = new int[weights.Context.Count];
            for (int code = 1; code < weights.Context[field].Rows; code++)
            {
                codes[field] = code;
                before.EmbedUser([], codes, user);
                FloatVectors.AddScaled(nobody, -1, user);
                Map(map, user, weights.Context[field].Row(weights.Values, code));
            }
        }

        Map(map, nobody, weights.UserBias.Row(weights.Values, 0));
        earlier.Weights.ContextScale.Of(earlier.Weights.Values).CopyTo(weights.ContextScale.Of(weights.Values));
        return true;
    }

    /// <summary>Null where no two common items differ.</summary>
    private static double[]? MapOf(TwoTowerModel before, TwoTowerModel now, TwoTowerState earlier, SplitItems items)
    {
        int d = now.Dimension;
        var ids = new HashSet<string>(earlier.TrainingItemIds, StringComparer.Ordinal);
        int[] common = [.. Enumerable.Range(0, items.TrainingCount).Where(item => ids.Contains(items.Ids[item]))];
        double[][] from = Centred(before, common), to = Centred(now, common);
        double[] gram = new double[d * d], cross = new double[d * d];
        for (int row = 0; row < common.Length; row++)
        {
            for (int i = 0; i < d; i++)
            {
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(to[row], to[row][i], gram.AsSpan(i * d, d), gram.AsSpan(i * d, d));
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(from[row], to[row][i], cross.AsSpan(i * d, d), cross.AsSpan(i * d, d));
            }
        }

        double trace = 0;
        for (int i = 0; i < d; i++)
            trace += gram[i * d + i];
        if (!(trace > 0))
            return null;
        for (int i = 0; i < d; i++)
            gram[i * d + i] += CarryRidge * trace / d;
        Linear.Cholesky<double>.Factor(gram, d).Solve(cross, d);
        return cross;
    }

    private static double[][] Centred(TwoTowerModel model, int[] items)
    {
        int d = model.Dimension;
        double[] mean = new double[d];
        double[][] vectors = new double[items.Length][];
        for (int row = 0; row < items.Length; row++)
        {
            vectors[row] = [.. model.ItemVectors.Slice(items[row] * d, d).ToArray().Select(value => (double)value)];
            System.Numerics.Tensors.TensorPrimitives.Add(mean, vectors[row], mean);
        }

        System.Numerics.Tensors.TensorPrimitives.Divide(mean, Math.Max(1, items.Length), mean);
        foreach (double[] vector in vectors)
            System.Numerics.Tensors.TensorPrimitives.Subtract(vector, mean, vector);
        return vectors;
    }

    private static void Map(double[] map, float[] vector, Span<float> into)
    {
        int d = vector.Length;
        for (int i = 0; i < d; i++)
        {
            double sum = 0;
            for (int j = 0; j < d; j++)
                sum += map[i * d + j] * vector[j];
            into[i] = (float)sum;
        }
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
