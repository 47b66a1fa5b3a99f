using Inference.Vectors;

namespace UnitTests.Vectors;

/// <summary>Seeded test vectors.</summary>
internal static class SeededVectors
{
    /// <summary>Elements in [−1, 1).</summary>
    public static float[] Uniform(int length, int seed)
    {
        var random = new Random(seed);
        var elements = new float[length];
        foreach (ref float element in elements.AsSpan())
            element = random.NextSingle() * 2 - 1;
        return elements;
    }

    /// <summary>Small whole numbers: their products and sums are exact in fp32, so that ties are real ties and any oracle gives the very same scores.</summary>
    public static float[] WholeNumbers(int length, int seed, int largest = 3)
    {
        var random = new Random(seed);
        var elements = new float[length];
        foreach (ref float element in elements.AsSpan())
            element = random.Next(-largest, largest + 1);
        return elements;
    }

    public static VectorMatrix Matrix(int count, int dimension, int seed) => VectorMatrix.Create(Uniform(count * dimension, seed), dimension);
}
