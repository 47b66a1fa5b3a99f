using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>
/// Where the demo's towers put users and items: taste and popularity as one inner product,
/// <c>⟨[√β·user, s], [√β·item, ln(popularity)/s]⟩ = β ⟨user, item⟩ + ln popularity</c>, turned by a random rotation so that every dimension of the embeddings is busy.
/// </summary>
internal sealed class DemoEmbeddingSpace
{
    /// <summary>The user's constant component s. Larger, and popularity drowns taste in the direction of user embeddings, by which users are clustered; smaller, and it drowns it in the items', by which similar items are found.</summary>
    public const float PopularityScale = 1.5f;

    private readonly float[] _axes;

    public DemoEmbeddingSpace(DemoOptions options, int rank)
    {
        Dimension = options.Dimension;
        Rank = rank;
        _axes = new float[(rank + 1) * Dimension];
        var random = new SeededRandom(options.Seed, DemoStreams.Rotation);
        for (int axis = 0; axis <= rank; axis++)
        {
            Span<float> vector = _axes.AsSpan(axis * Dimension, Dimension);
            random.FillGaussian(vector, 1);
            // Gram–Schmidt, twice: once more than exact arithmetic would need.
            for (int pass = 0; pass < 2; pass++)
            {
                for (int before = 0; before < axis; before++)
                {
                    ReadOnlySpan<float> other = _axes.AsSpan(before * Dimension, Dimension);
                    float along = (float)TasteSpace.Dot(vector, other);
                    for (int i = 0; i < vector.Length; i++)
                        vector[i] -= along * other[i];
                }
            }

            TasteSpace.Normalise(vector);
        }
    }

    /// <summary>√β, by which both sides of the inner product are scaled.</summary>
    public static float TasteScale { get; } = (float)Math.Sqrt(TasteSpace.Steepness);

    /// <summary>Components of an embedding.</summary>
    public int Dimension { get; }

    /// <summary>Components of taste; a plain vector has one more, for popularity.</summary>
    public int Rank { get; }

    /// <summary>Writes the embedding of a plain vector: rank + 1 components in, dimension components out.</summary>
    public void Embed(ReadOnlySpan<float> plain, Span<float> embedding)
    {
        embedding.Clear();
        for (int axis = 0; axis <= Rank; axis++)
        {
            ReadOnlySpan<float> direction = _axes.AsSpan(axis * Dimension, Dimension);
            float length = plain[axis];
            for (int i = 0; i < embedding.Length; i++)
                embedding[i] += length * direction[i];
        }
    }

    /// <summary>Embeds many plain vectors: rows × (rank + 1) in, rows × dimension out.</summary>
    public float[] EmbedAll(float[] plain)
    {
        int rows = plain.Length / (Rank + 1);
        float[] embeddings = new float[rows * Dimension];
        Parallel.For(0, rows, row => Embed(plain.AsSpan(row * (Rank + 1), Rank + 1), embeddings.AsSpan(row * Dimension, Dimension)));
        return embeddings;
    }
}
