using System.Numerics.Tensors;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Exact;

/// <summary>A query as the fp32 kernels read it.</summary>
internal static class PreparedQuery
{
    /// <summary>Queries up to this many elements are prepared on the stack.</summary>
    public const int StackElements = 1024;

    /// <summary>Room to move the start of the prepared query to a cache line.</summary>
    public const int AlignmentSlack = (int)MemoryBlock.Alignment / sizeof(float);

    /// <summary>Writes the query where it begins a cache line: loads that straddle two cost a fifth of the speed.</summary>
    /// <param name="query">Finite elements.</param>
    /// <param name="metric">How it is compared.</param>
    /// <param name="stride">Elements of a padded row.</param>
    /// <param name="scratch">At least the stride and <see cref="AlignmentSlack"/>.</param>
    /// <returns>The stride's worth of <paramref name="scratch"/> that was written.</returns>
    public static ReadOnlySpan<float> Prepare(ReadOnlySpan<float> query, Metric metric, int stride, Span<float> scratch)
    {
        Span<float> prepared = scratch.Slice(MemoryBlock.ElementsToAlignment(scratch), stride);
        Write(query, metric, prepared);
        return prepared;
    }

    /// <summary>Pads the query with zeros as the rows are, and brings it to length 1 (or 0) for cosine.</summary>
    public static void Write(ReadOnlySpan<float> query, Metric metric, Span<float> prepared)
    {
        query.CopyTo(prepared);
        prepared[query.Length..].Clear();
        if (metric == Metric.Cosine)
            TensorPrimitives.Multiply(prepared[..query.Length], InverseNorms.Of(query), prepared[..query.Length]);
    }
}
