using System.Globalization;
using Inference.Towers.Onnx;

namespace Inference.Training.TwoTower;

/// <summary>
/// Writes trained towers as ONNX models; see <see cref="TowerWeights"/> for the formulas. Content of history items is multiplied out, so the user tower reads ids alone. Ids are item index + 1; 0 is padding in histories, and an item
/// without an id of its own in the item tower.
/// </summary>
public static class TwoTowerGraphs
{
    /// <summary>Input of the user tower: int64 [batch, history], oldest first, 0 for padding on either side.</summary>
    public const string HistoryIds = "history_ids";

    /// <summary>Input of the user tower: float32 [batch, history], 1 for real places and 0 for padding.</summary>
    public const string HistoryMask = "history_mask";

    /// <summary>Input of the user tower: int64 [batch, fields], 0 for unknown; absent when there are no context fields.</summary>
    public const string Context = "context";

    public const string UserEmbedding = "user_embedding";

    /// <summary>Input of the item tower: int64 [batch].</summary>
    public const string ItemId = "item_id";

    /// <summary>Input of the item tower: float32 [batch, width]; absent when items have no dense traits.</summary>
    public const string Traits = "traits";

    /// <summary>Input of the item tower: int64 [batch, tokens], 0 for padding; absent when no item has tokens.</summary>
    public const string Tokens = "tokens";

    public const string ItemEmbedding = "item_embedding";

    /// <summary>The user tower. Padding changes nothing, on whichever side it stands.</summary>
    /// <param name="model">The towers.</param>
    /// <param name="precision">How weights are kept.</param>
    public static byte[] UserTower(TwoTowerModel model, WeightPrecision precision = WeightPrecision.Float32)
    {
        TowerWeights w = model.Weights;
        float[] values = w.Values;
        int d = w.Sizes.Dimension, hidden = w.Sizes.Hidden, longest = w.Sizes.MaxHistory;
        var graph = new OnnxGraph("user_tower");
        var kept = new GraphWeights(graph, precision);
        OnnxValue ids = graph.Input(HistoryIds, OnnxType.Int64, "batch", "history");
        OnnxValue mask = graph.Input(HistoryMask, OnnxType.Float32, "batch", "history");
        OnnxValue axis = graph.Constant("axis_1", [1L], 1), one = graph.Constant("one", [1f], 1);

        // The place from the end is the number of real places behind.
        float[] byPlace = new float[longest];
        for (int i = 0; i < longest; i++)
            byPlace[i] = MathF.Exp(w.Position.Of(values)[i]);
        OnnxValue behind = graph.Node("CumSum", [mask, graph.Constant("scalar_axis_1", [1L])], OnnxAttribute.Of("exclusive", 1), OnnxAttribute.Of("reverse", 1));
        OnnxValue place = graph.Cast(graph.Node("Min", [behind, graph.Constant("last_place", [longest - 1f], 1)]), OnnxType.Int64);
        OnnxValue weights = graph.Multiply(graph.Gather(graph.Constant("place_weights", byPlace, longest), place), mask);

        float[] table = new float[model.HistoryVectors.Length + d];
        model.HistoryVectors.CopyTo(table.AsSpan(d));
        OnnxValue sum = kept.WeightedSum("history_table", table, table.Length / d, d, ids, weights, axis);
        OnnxValue squares = RowSum(graph, graph.Multiply(weights, weights), axis);
        OnnxValue x = graph.Divide(sum, graph.Node("Sqrt", [graph.Add(squares, one)]));

        OnnxValue length = graph.Node("Min", [RowSum(graph, mask, axis), graph.Constant("max_history", [(float)longest], 1)]);
        OnnxValue lengthPlace = graph.Node("Squeeze", [graph.Cast(length, OnnxType.Int64), axis]);
        OnnxValue above = graph.Add(length, one);
        OnnxValue logarithm = graph.Multiply(graph.Node("Log", [above]), graph.Constant("quarter", [0.25f], 1));
        OnnxValue historyScale = graph.Gather(graph.Constant("history_scale", w.HistoryScale.Of(values), longest + 1, 1), lengthPlace);
        float[] bias = new float[(longest + 1) * d];
        for (int n = 0; n <= longest; n++)
            w.UserBias.Row(values, TowerSizes.Bucket(n)).CopyTo(bias.AsSpan(n * d));
        OnnxValue user = graph.Add(graph.Multiply(x, historyScale), graph.Gather(graph.Constant("user_bias", bias, longest + 1, d), lengthPlace));

        OnnxValue inputs = x;
        int columns = d;
        Span<float> first = w.UserHidden.Of(values);
        var rows = new List<float>(first[..(d * hidden)].ToArray());
        if (w.Context.Count > 0)
        {
            OnnxValue context = ContextSum(graph, w, kept);
            OnnxValue contextScale = graph.Gather(graph.Constant("context_scale", w.ContextScale.Of(values), longest + 1, 1), lengthPlace);
            user = graph.Add(user, graph.Multiply(context, contextScale));
            inputs = graph.Concat(1, inputs, context);
            rows.AddRange(first.Slice(d * hidden, d * hidden));
            columns += d;
        }

        rows.AddRange(first.Slice(2 * d * hidden, 2 * hidden));
        inputs = graph.Concat(1, inputs, logarithm, graph.Divide(one, above));
        OnnxValue units = graph.Relu(graph.Dense(inputs, graph.Constant("user_hidden", rows.ToArray(), columns + 2, hidden), graph.Constant("user_hidden_bias", w.UserHiddenBias.Of(values), hidden)));
        user = graph.Add(user, graph.MatMul(units, graph.Constant("user_out", w.UserOut.Of(values), hidden, d)));
        graph.Output(UserEmbedding, user, OnnxType.Float32, "batch", d);
        return graph.ToBytes();
    }

    /// <summary>The item tower.</summary>
    /// <param name="model">The towers.</param>
    /// <param name="precision">How weights are kept.</param>
    public static byte[] ItemTower(TwoTowerModel model, WeightPrecision precision = WeightPrecision.Float32)
    {
        TowerWeights w = model.Weights;
        float[] values = w.Values;
        int d = w.Sizes.Dimension, hidden = w.Sizes.Hidden, tokenRows = model.Content.TokenRows, width = model.Content.Columns - tokenRows;
        var graph = new OnnxGraph("item_tower");
        var kept = new GraphWeights(graph, precision);
        OnnxValue ids = graph.Input(ItemId, OnnxType.Int64, "batch");

        // Items without training events have rows of zeros, so that every item of the catalogue can be asked for by index + 1.
        float[] table = new float[(model.ItemIds.Count + 1) * d];
        w.ItemId.Of(values).CopyTo(table);
        OnnxValue id = kept.Rows("item_table", table, table.Length / d, d, ids, rank: 2);
        OnnxValue? content = null;
        if (model.Content.HasTokens)
        {
            OnnxValue tokens = graph.Input(Tokens, OnnxType.Int64, "batch", "tokens");
            OnnxValue real = graph.Cast(graph.Node("Greater", [tokens, graph.Constant("no_token", [0L], 1)]), OnnxType.Float32);
            content = TokenMean(graph, kept, w.ItemContent.Of(values)[..(tokenRows * d)], tokenRows, tokens, real);
        }

        if (width > 0)
        {
            OnnxValue traits = graph.MatMul(graph.Input(Traits, OnnxType.Float32, "batch", width), graph.Constant("trait_table", w.ItemContent.Of(values)[(tokenRows * d)..], width, d));
            content = content is { } words ? graph.Add(words, traits) : traits;
        }

        Span<float> first = w.ItemHidden.Of(values);
        OnnxValue inputs = content is { } known ? graph.Concat(1, known, id) : id;
        ReadOnlySpan<float> rows = content is null ? first[(d * hidden)..] : first;
        OnnxValue units = graph.Relu(graph.Dense(inputs, graph.Constant("item_hidden", rows, rows.Length / hidden, hidden), graph.Constant("item_hidden_bias", w.ItemHiddenBias.Of(values), hidden)));
        OnnxValue item = graph.Add(content is { } part ? graph.Add(part, id) : id, graph.Constant("item_bias", w.ItemBias.Of(values), d));
        item = graph.Add(item, graph.MatMul(units, graph.Constant("item_out", w.ItemOut.Of(values), hidden, d)));
        graph.Output(ItemEmbedding, item, OnnxType.Float32, "batch", d);
        return graph.ToBytes();
    }

    private static OnnxValue ContextSum(OnnxGraph graph, TowerWeights w, GraphWeights kept)
    {
        OnnxValue codes = graph.Input(Context, OnnxType.Int64, "batch", w.Context.Count), sum = default;
        for (int field = 0; field < w.Context.Count; field++)
        {
            string number = field.ToString(CultureInfo.InvariantCulture);
            OnnxValue code = graph.Gather(codes, graph.Constant("field_" + number, [(long)field]), axis: 1);
            OnnxValue row = kept.Rows("context_table_" + number, w.Context[field].Of(w.Values), w.Context[field].Rows, w.Context[field].Columns, code, rank: 2);
            sum = field == 0 ? row : graph.Add(sum, row);
        }

        return sum;
    }

    /// <summary>Σ maskₜ rowₜ ∕ max(Σ maskₜ, 1).</summary>
    private static OnnxValue TokenMean(OnnxGraph graph, GraphWeights kept, ReadOnlySpan<float> table, int rows, OnnxValue tokens, OnnxValue mask)
    {
        OnnxValue axis = graph.Constant("token_axis", [1L], 1), count = graph.Max(RowSum(graph, mask, axis), graph.Constant("one_token", [1f], 1));
        return graph.Divide(kept.WeightedSum("token_table", table, rows, table.Length / rows, tokens, mask, axis), count);
    }

    private static OnnxValue RowSum(OnnxGraph graph, OnnxValue x, OnnxValue axis) => graph.Node("ReduceSum", [x, axis], OnnxAttribute.Of("keepdims", 1));
}
