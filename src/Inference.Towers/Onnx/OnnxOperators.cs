namespace Inference.Towers.Onnx;

/// <summary>The operators that towers are made of, by their names in the ONNX operator set (13 to 18).</summary>
public static class OnnxOperators
{
    /// <summary>Rows of a table by index: [N, D] by [batch] or [batch, T] gives [batch, D] or [batch, T, D].</summary>
    public static OnnxValue Gather(this OnnxGraph graph, OnnxValue table, OnnxValue indices, int axis = 0) => graph.Node("Gather", [table, indices], OnnxAttribute.Of("axis", axis));

    public static OnnxValue MatMul(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Node("MatMul", [a, b]);

    /// <summary>Element by element, with broadcasting.</summary>
    public static OnnxValue Add(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Node("Add", [a, b]);

    /// <summary>Element by element, with broadcasting.</summary>
    public static OnnxValue Multiply(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Node("Mul", [a, b]);

    /// <summary>Element by element, with broadcasting.</summary>
    public static OnnxValue Divide(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Node("Div", [a, b]);

    /// <summary>The larger one, element by element, with broadcasting.</summary>
    public static OnnxValue Max(this OnnxGraph graph, OnnxValue a, OnnxValue b) => graph.Node("Max", [a, b]);

    /// <summary>a · bᵀ for matrices [M, K] and [N, K], times a factor, plus an optional row that is added to each row of the result.</summary>
    public static OnnxValue MatMulTransposed(this OnnxGraph graph, OnnxValue a, OnnxValue b, float factor = 1, OnnxValue? row = null) => graph.Node(
        "Gemm", row is { } bias ? [a, b, bias] : [a, b], OnnxAttribute.Of("alpha", factor), OnnxAttribute.Of("transB", 1));

    /// <summary>The largest numbers along the last axis, in descending order, and where they stand (int64); equal ones by ascending place.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="x">The numbers.</param>
    /// <param name="count">How many are wanted, int64 [1]; at most the length of the axis.</param>
    public static (OnnxValue Values, OnnxValue Places) TopK(this OnnxGraph graph, OnnxValue x, OnnxValue count)
    {
        Span<OnnxValue> outputs = [default, default];
        graph.Node("TopK", [x, count], outputs, OnnxAttribute.Of("axis", -1), OnnxAttribute.Of("largest", 1), OnnxAttribute.Of("sorted", 1));
        return (outputs[0], outputs[1]);
    }

    public static OnnxValue Relu(this OnnxGraph graph, OnnxValue x) => graph.Node("Relu", [x]);

    public static OnnxValue Tanh(this OnnxGraph graph, OnnxValue x) => graph.Node("Tanh", [x]);

    /// <summary>Fully connected layer: x · weights + bias, with weights [inputs, outputs] and bias [outputs].</summary>
    public static OnnxValue Dense(this OnnxGraph graph, OnnxValue x, OnnxValue weights, OnnxValue bias) => graph.Add(graph.MatMul(x, weights), bias);

    /// <summary>Sum along one axis, which disappears.</summary>
    public static OnnxValue Sum(this OnnxGraph graph, OnnxValue x, OnnxValue axes) => graph.Node("ReduceSum", [x, axes], OnnxAttribute.Of("keepdims", 0));

    /// <summary>Inserts axes of size 1.</summary>
    public static OnnxValue Unsqueeze(this OnnxGraph graph, OnnxValue x, OnnxValue axes) => graph.Node("Unsqueeze", [x, axes]);

    public static OnnxValue Cast(this OnnxGraph graph, OnnxValue x, OnnxType to) => graph.Node("Cast", [x], OnnxAttribute.Of("to", (long)to));

    /// <summary>Joins tensors along an axis.</summary>
    public static OnnxValue Concat(this OnnxGraph graph, int axis, params ReadOnlySpan<OnnxValue> parts) => graph.Node("Concat", parts, OnnxAttribute.Of("axis", axis));

    /// <summary>Brings vectors along an axis to length 1.</summary>
    public static OnnxValue Normalize(this OnnxGraph graph, OnnxValue x, int axis = -1) => graph.Node("LpNormalization", [x], OnnxAttribute.Of("axis", axis), OnnxAttribute.Of("p", 2));

    /// <summary>
    /// Mean of the embeddings of a history: Σ maskₜ table[idₜ] / max(Σ maskₜ, 1). An empty history gives zeros; what stands in masked places does not matter.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="table">Embeddings, [N, D].</param>
    /// <param name="ids">Rows of the table, int64 [batch, history].</param>
    /// <param name="mask">1 for real places, 0 for padding, float32 [batch, history].</param>
    /// <returns>float32 [batch, D].</returns>
    public static OnnxValue MaskedMean(this OnnxGraph graph, OnnxValue table, OnnxValue ids, OnnxValue mask)
    {
        string prefix = table.Name + "_" + ids.Name;
        OnnxValue historyAxis = graph.Constant(prefix + "_history_axis", [1L], 1);
        OnnxValue lastAxis = graph.Constant(prefix + "_last_axis", [2L], 1);
        OnnxValue countAxis = graph.Constant(prefix + "_count_axis", [1L], 1);
        OnnxValue one = graph.Constant(prefix + "_one", [1f], 1);
        OnnxValue vectors = graph.Multiply(graph.Gather(table, ids), graph.Unsqueeze(mask, lastAxis));
        OnnxValue count = graph.Max(graph.Sum(mask, historyAxis), one);
        return graph.Divide(graph.Sum(vectors, historyAxis), graph.Unsqueeze(count, countAxis));
    }
}
