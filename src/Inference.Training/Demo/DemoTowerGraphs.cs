using Inference.Towers.Onnx;

namespace Inference.Training.Demo;

/// <summary>Writes the demo's weights as ONNX towers.</summary>
internal static class DemoTowerGraphs
{
    public const string HistoryIds = "history_ids";
    public const string HistoryMask = "history_mask";
    public const string UserEmbedding = "user_embedding";
    public const string ItemId = "item_id";
    public const string Category = "category";
    public const string Brand = "brand";
    public const string TitleTokens = "title_tokens";
    public const string ItemEmbedding = "item_embedding";

    /// <summary>
    /// The user tower:
    /// <code>
    /// history_ids, history_mask [batch, history]   country, device, referrer, hour [batch]
    ///            │                                       │
    ///   Σ mask · table[id]                    κ · (mean + Σ table_f[value_f])
    ///            └──────────────── + ────────────────────┘
    ///                        ÷ (Σ mask + κ)  →  user_embedding [batch, dimension]
    /// </code>
    /// So an empty history gives what the context lets expect, and padding changes nothing.
    /// </summary>
    /// <param name="space">Where embeddings live.</param>
    /// <param name="weights">The fitted weights.</param>
    /// <param name="itemTaste">Catalogue × rank.</param>
    /// <param name="contextFeatures">Names of the context inputs, in the order of the weights' groups.</param>
    public static byte[] UserTower(DemoEmbeddingSpace space, DemoUserWeights weights, float[] itemTaste, IReadOnlyList<string> contextFeatures)
    {
        var graph = new OnnxGraph("user_tower");
        OnnxValue ids = graph.Input(HistoryIds, OnnxType.Int64, "batch", "history");
        OnnxValue mask = graph.Input(HistoryMask, OnnxType.Float32, "batch", "history");

        float[] history = space.EmbedAll(HistoryTable(space, weights, itemTaste));
        OnnxValue table = graph.Constant("history_table", history, history.Length / space.Dimension, space.Dimension);
        OnnxValue one = graph.Constant("axis_1", [1L], 1);
        OnnxValue weighted = graph.MatMul(graph.Unsqueeze(mask, one), graph.Gather(table, ids));
        OnnxValue sum = graph.Node("Squeeze", [weighted, one]);

        float[] mean = space.EmbedAll(ContextRow(space, weights, weights.Context.Mean, constant: DemoEmbeddingSpace.PopularityScale));
        sum = graph.Add(sum, graph.Constant("context_mean", mean, space.Dimension));
        for (int feature = 0; feature < contextFeatures.Count; feature++)
        {
            string name = contextFeatures[feature];
            float[] values = space.EmbedAll(ContextRow(space, weights, weights.Context.Tables[feature], constant: 0));
            OnnxValue value = graph.Input(name, OnnxType.Int64, "batch");
            sum = graph.Add(sum, graph.Gather(graph.Constant(name + "_table", values, values.Length / space.Dimension, space.Dimension), value));
        }

        OnnxValue count = graph.Node("ReduceSum", [mask, one], OnnxAttribute.Of("keepdims", 1));
        OnnxValue strength = graph.Constant("prior_strength", [weights.PriorStrength], 1);
        graph.Output(UserEmbedding, graph.Divide(sum, graph.Add(count, strength)), OnnxType.Float32, "batch", space.Dimension);
        return graph.ToBytes();
    }

    /// <summary>
    /// The item tower: mean + id's own vector + category's + brand's + Σ of the title words'. Id 0 is a new item: the rest alone speaks.
    /// </summary>
    public static byte[] ItemTower(DemoEmbeddingSpace space, DemoItemWeights weights)
    {
        var graph = new OnnxGraph("item_tower");
        OnnxValue id = graph.Input(ItemId, OnnxType.Int64, "batch");
        OnnxValue category = graph.Input(Category, OnnxType.Int64, "batch");
        OnnxValue brand = graph.Input(Brand, OnnxType.Int64, "batch");
        OnnxValue words = graph.Input(TitleTokens, OnnxType.Int64, "batch", DemoItemFeatures.TitleWords);

        float[] own = new float[weights.Residuals.Length + weights.Rank + 1];
        weights.Residuals.CopyTo(own, weights.Rank + 1);
        OnnxValue wordSum = graph.Sum(graph.Gather(Table(graph, space, "word_table", weights.Content.Tables[2]), words), graph.Constant("axis_1", [1L], 1));
        OnnxValue sum = graph.Add(graph.Gather(Table(graph, space, "item_table", own), id), wordSum);
        sum = graph.Add(sum, graph.Gather(Table(graph, space, "category_table", weights.Content.Tables[0]), category));
        sum = graph.Add(sum, graph.Gather(Table(graph, space, "brand_table", weights.Content.Tables[1]), brand));
        sum = graph.Add(sum, graph.Constant("mean", space.EmbedAll(weights.Content.Mean), space.Dimension));
        graph.Output(ItemEmbedding, sum, OnnxType.Float32, "batch", space.Dimension);
        return graph.ToBytes();
    }

    private static OnnxValue Table(OnnxGraph graph, DemoEmbeddingSpace space, string name, float[] plain)
    {
        float[] rows = space.EmbedAll(plain);
        return graph.Constant(name, rows, rows.Length / space.Dimension, space.Dimension);
    }

    /// <summary>Plain vectors of √β M (item − μ), with the constant that survives the division by n + κ; row 0, the padding, is zero.</summary>
    private static float[] HistoryTable(DemoEmbeddingSpace space, DemoUserWeights weights, float[] itemTaste)
    {
        int rank = space.Rank, width = rank + 1, count = itemTaste.Length / rank;
        float[] plain = new float[(count + 1) * width];
        Parallel.For(0, count, row =>
        {
            Span<float> vector = plain.AsSpan((row + 1) * width, width);
            for (int i = 0; i < rank; i++)
            {
                float centred = DemoEmbeddingSpace.TasteScale * (itemTaste[row * rank + i] - weights.ItemMean[i]);
                for (int j = 0; j < rank; j++)
                    vector[j] += centred * weights.Map[i * rank + j];
            }

            vector[rank] = DemoEmbeddingSpace.PopularityScale;
        });
        return plain;
    }

    /// <summary>Plain vectors of κ √β taste, with a last component of κ times the constant.</summary>
    private static float[] ContextRow(DemoEmbeddingSpace space, DemoUserWeights weights, float[] taste, float constant)
    {
        int rank = space.Rank, width = rank + 1, count = taste.Length / rank;
        float[] plain = new float[count * width];
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < rank; i++)
                plain[row * width + i] = weights.PriorStrength * DemoEmbeddingSpace.TasteScale * taste[row * rank + i];
            plain[row * width + rank] = weights.PriorStrength * constant;
        }

        return plain;
    }
}
