using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>Kinds of vectors that searches meet.</summary>
internal enum VectorSet
{
    /// <summary>Directions without any structure: nothing is near, and the best are apart.</summary>
    Unit,

    /// <summary>Unit vectors around a thousand centres: the best of a query score almost the same.</summary>
    Clustered,

    /// <summary>The same, a fifth as wide: what is near is nearer than the codes can tell.</summary>
    Tight,

    /// <summary>Lengths that fall like a popularity: few are long, most are short.</summary>
    Skewed,
}

/// <summary>Seeded vectors of each kind, and queries of the same.</summary>
internal static class ShapedVectors
{
    private const int Centres = 1000;

    /// <summary>Distance from a centre to its vectors, with centres of length 1.</summary>
    private const double Radius = 0.5, TightRadius = 0.1;

    public static VectorMatrix Matrix(VectorSet set, int count, int dimension, int seed)
    {
        float[][] centres = CentresOf(dimension, seed);
        var random = new Random(seed + 1);
        return VectorMatrix.Create(count, dimension, (row, elements) =>
        {
            Fill(set, elements, centres, random);
            if (set == VectorSet.Skewed)
                Scale(elements, Math.Pow(row + 1, -0.3));
        });
    }

    public static float[][] Queries(VectorSet set, int count, int dimension, int seed)
    {
        float[][] centres = CentresOf(dimension, seed);
        var random = new Random(seed + 2);
        var queries = new float[count][];
        foreach (ref float[] query in queries.AsSpan())
            Fill(set, query = new float[dimension], centres, random);
        return queries;
    }

    private static float[][] CentresOf(int dimension, int seed)
    {
        var random = new Random(seed);
        var centres = new float[Centres][];
        foreach (ref float[] centre in centres.AsSpan())
            Fill(VectorSet.Unit, centre = new float[dimension], [], random);
        return centres;
    }

    private static void Fill(VectorSet set, Span<float> elements, float[][] centres, Random random)
    {
        foreach (ref float element in elements)
            element = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        Scale(elements, 1 / Math.Sqrt(VectorMath.SquaredNorm(elements)));
        if (set is not (VectorSet.Clustered or VectorSet.Tight))
            return;
        Scale(elements, set == VectorSet.Tight ? TightRadius : Radius);
        float[] centre = centres[random.Next(centres.Length)];
        for (int i = 0; i < elements.Length; i++)
            elements[i] += centre[i];
        Scale(elements, 1 / Math.Sqrt(VectorMath.SquaredNorm(elements)));
    }

    private static void Scale(Span<float> elements, double factor)
    {
        foreach (ref float element in elements)
            element = (float)(element * factor);
    }
}
