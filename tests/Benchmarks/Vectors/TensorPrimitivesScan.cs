using System.Numerics.Tensors;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>The yardstick: what one would write with the library that .NET brings, one call a row and the best ones kept in order.</summary>
internal static class TensorPrimitivesScan
{
    public static int InnerProduct(VectorMatrix matrix, ReadOnlySpan<float> query, Span<Neighbor> results)
    {
        int found = 0;
        for (int row = 0; row < matrix.Count; row++)
        {
            float score = TensorPrimitives.Dot(query, matrix.Row(row));
            if (found < results.Length || score > results[^1].Score)
                Insert(results, ref found, new Neighbor(row, score));
        }
        return found;
    }

    public static int L2(VectorMatrix matrix, ReadOnlySpan<float> query, Span<Neighbor> results)
    {
        int found = 0;
        for (int row = 0; row < matrix.Count; row++)
        {
            // Without the square root, which would only cost it time, there is no such call: a distance is what TensorPrimitives has.
            float score = -TensorPrimitives.Distance(query, matrix.Row(row));
            if (found < results.Length || score > results[^1].Score)
                Insert(results, ref found, new Neighbor(row, score));
        }
        return found;
    }

    private static void Insert(Span<Neighbor> results, ref int found, Neighbor neighbor)
    {
        int place = found < results.Length ? found++ : results.Length - 1;
        for (; place > 0 && results[place - 1].Score < neighbor.Score; place--)
            results[place] = results[place - 1];
        results[place] = neighbor;
    }
}
