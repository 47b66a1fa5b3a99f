using System.Numerics.Tensors;
using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>
/// The latent space of the demo shop: what there is to like. Items and users are points in it, and the truth of the world is
/// <c>P(user takes item) ∝ popularity(item) · exp(β · ⟨user, item⟩)</c>.
/// </summary>
internal sealed class TasteSpace
{
    /// <summary>Steepness β of preference: at 5, a user's favourite category sells to him some fifteen times as well as to others.</summary>
    public const double Steepness = 5.0;

    private const double BrandWeight = 0.25;
    private const double StyleWeight = 0.40;

    public TasteSpace(DemoOptions options, int brands)
    {
        // One dimension of the embeddings is kept for popularity.
        Rank = Math.Min(16, options.Dimension - 1);
        var random = new SeededRandom(options.Seed, DemoStreams.Taste);
        string[] departments = [.. ShopVocabulary.Categories.Select(entry => entry.Department).Distinct()];
        float[] departmentCentres = Spheres(ref random, departments.Length, 1);
        CategoryCentres = Spheres(ref random, ShopVocabulary.Categories.Count, 1);
        for (int category = 0; category < ShopVocabulary.Categories.Count; category++)
        {
            int department = Array.IndexOf(departments, ShopVocabulary.Categories[category].Department);
            Span<float> centre = CategoryCentres.AsSpan(category * Rank, Rank);
            TensorPrimitives.MultiplyAdd(departmentCentres.AsSpan(department * Rank, Rank), 0.7f, centre, centre);
            Normalise(centre);
        }

        StyleOffsets = Spheres(ref random, ShopVocabulary.Styles.Count, StyleWeight);
        BrandOffsets = Spheres(ref random, brands, BrandWeight);
    }

    /// <summary>Dimensions of the space.</summary>
    public int Rank { get; }

    /// <summary>Categories × rank; unit vectors, those of one department nearer to each other.</summary>
    public float[] CategoryCentres { get; }

    /// <summary>Styles × rank.</summary>
    public float[] StyleOffsets { get; }

    /// <summary>Brands × rank.</summary>
    public float[] BrandOffsets { get; }

    public ReadOnlySpan<float> CentreOf(int category) => CategoryCentres.AsSpan(category * Rank, Rank);

    public ReadOnlySpan<float> StyleOf(int style) => StyleOffsets.AsSpan(style * Rank, Rank);

    public ReadOnlySpan<float> BrandOf(int brand) => BrandOffsets.AsSpan(brand * Rank, Rank);

    /// <summary>Fills a vector with a uniform draw from the sphere of the given radius.</summary>
    public static void FillSphere(ref SeededRandom random, Span<float> vector, double radius)
    {
        random.FillGaussian(vector, 1);
        Normalise(vector);
        TensorPrimitives.Multiply(vector, (float)radius, vector);
    }

    /// <summary>Brings a vector to length 1, in an order of summation that no vector width changes.</summary>
    public static void Normalise(Span<float> vector)
    {
        double square = Dot(vector, vector);
        float inverse = (float)(1 / Math.Sqrt(Math.Max(square, double.Epsilon)));
        for (int i = 0; i < vector.Length; i++)
            vector[i] *= inverse;
    }

    /// <summary>Inner product, summed in order and in double, so that every machine draws the same world.</summary>
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length && i < b.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    private float[] Spheres(ref SeededRandom random, int count, double radius)
    {
        float[] vectors = new float[count * Rank];
        for (int i = 0; i < count; i++)
            FillSphere(ref random, vectors.AsSpan(i * Rank, Rank), radius);
        return vectors;
    }
}
