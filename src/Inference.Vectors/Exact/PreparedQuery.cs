using System.Numerics.Tensors;

namespace Inference.Vectors.Exact;

/// <summary>A query as the fp32 kernels read it.</summary>
internal static class PreparedQuery
{
    /// <summary>Pads the query with zeros as the rows are, and brings it to length 1 (or 0) for cosine.</summary>
    public static void Write(ReadOnlySpan<float> query, Metric metric, Span<float> prepared)
    {
        query.CopyTo(prepared);
        prepared[query.Length..].Clear();
        if (metric == Metric.Cosine)
            TensorPrimitives.Multiply(prepared[..query.Length], InverseNorms.Of(query), prepared[..query.Length]);
    }
}
