using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>The yardstick: what one would write with the library that .NET brings, one call a row and the best ones kept in order.</summary>
/// <remarks>Over the same memory, and with spans that cost nothing to make, so that only the arithmetic differs.</remarks>
internal static class TensorPrimitivesScan
{
    public static int InnerProduct(VectorMatrix matrix, ReadOnlySpan<float> query, Span<Neighbor> results)
    {
        ref float first = ref First(matrix);
        int found = 0;
        for (int row = 0; row < matrix.Count; row++)
        {
            float score = TensorPrimitives.Dot(query, Row(ref first, row, query.Length));
            if (found < results.Length || score > results[^1].Score)
                Insert(results, ref found, new Neighbor(row, score));
        }
        return found;
    }

    /// <summary>By the distance itself: TensorPrimitives has no squared one, and the root of one number a row is a small part of the time.</summary>
    public static int L2(VectorMatrix matrix, ReadOnlySpan<float> query, Span<Neighbor> results)
    {
        ref float first = ref First(matrix);
        int found = 0;
        for (int row = 0; row < matrix.Count; row++)
        {
            float score = -TensorPrimitives.Distance(query, Row(ref first, row, query.Length));
            if (found < results.Length || score > results[^1].Score)
                Insert(results, ref found, new Neighbor(row, score));
        }
        return found;
    }

    /// <summary>One call a row, results stored: what the block kernels are compared with.</summary>
    public static void Scores(VectorMatrix matrix, ReadOnlySpan<float> query, Span<float> scores)
    {
        ref float first = ref First(matrix);
        for (int row = 0; row < scores.Length; row++)
            scores[row] = TensorPrimitives.Dot(query, Row(ref first, row, query.Length));
    }

    private static ref float First(VectorMatrix matrix)
    {
        Debug.Assert(matrix.Stride == matrix.Dimension, "the benchmarks use dimensions without padding");
        return ref MemoryMarshal.GetReference(matrix.Row(0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<float> Row(ref float first, int row, int dimension) =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref first, (nint)row * dimension), dimension);

    private static void Insert(Span<Neighbor> results, ref int found, Neighbor neighbor)
    {
        int place = found < results.Length ? found++ : results.Length - 1;
        for (; place > 0 && results[place - 1].Score < neighbor.Score; place--)
            results[place] = results[place - 1];
        results[place] = neighbor;
    }
}
