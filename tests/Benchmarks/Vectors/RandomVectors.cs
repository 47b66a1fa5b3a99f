using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>Seeded vectors with elements in [−½, ½).</summary>
internal static class RandomVectors
{
    public static VectorMatrix Matrix(int count, int dimension, int seed)
    {
        var random = new Random(seed);
        return VectorMatrix.Create(count, dimension, (_, row) => Fill(row, random));
    }

    public static float[] Query(int dimension, int seed)
    {
        var query = new float[dimension];
        Fill(query, new Random(seed));
        return query;
    }

    private static void Fill(Span<float> elements, Random random)
    {
        foreach (ref float element in elements)
            element = random.NextSingle() - 0.5f;
    }
}
