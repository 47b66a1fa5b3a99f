using Inference.Towers.Onnx;

namespace Inference.Towers.DeviceSearch;

/// <summary>The search as a model: scores = queries · itemsᵀ, then the best of each row. The matrix is an input that is bound once, so its size is not bounded by that of a model file.</summary>
internal static class TopKModel
{
    public const string Queries = "queries", Items = "items", Wanted = "wanted", Scores = "scores", Places = "places";

    /// <param name="columns">Elements of a row and of a query.</param>
    /// <param name="half">Whether items are float16; queries and scores are float32 outside of the model in any case.</param>
    public static byte[] Make(int columns, bool half)
    {
        var graph = new OnnxGraph("exact_top_k");
        OnnxValue queries = graph.Input(Queries, OnnxType.Float32, "batch", columns);
        OnnxValue items = graph.Input(Items, half ? OnnxType.Float16 : OnnxType.Float32, "rows", columns);
        OnnxValue wanted = graph.Input(Wanted, OnnxType.Int64, 1);
        OnnxValue all = graph.MatMulTransposed(half ? graph.Cast(queries, OnnxType.Float16) : queries, items);
        (OnnxValue scores, OnnxValue places) = graph.TopK(all, wanted);
        graph.Output(Scores, half ? graph.Cast(scores, OnnxType.Float32) : scores, OnnxType.Float32, "batch", "k");
        graph.Output(Places, places, OnnxType.Int64, "batch", "k");
        return graph.ToBytes();
    }
}
