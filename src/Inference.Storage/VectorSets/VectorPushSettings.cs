namespace Inference.Storage.VectorSets;

/// <summary>How vectors are brought to Redis.</summary>
public sealed record VectorPushSettings
{
    /// <summary>Vector sets that the items are spread over, 1 to <see cref="VectorSpace.MostShards"/>.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>How vectors are kept.</summary>
    public VectorQuantization Quantization { get; init; }

    /// <summary>Candidates that Redis keeps while it links a vector (EF of VADD), 1 to 100,000.</summary>
    public int BuildWidth { get; init; } = 200;

    /// <summary>Attributes of items to keep with the vectors, so that filters over them hold in Redis already. Texts and numbers; letters, digits and "_".</summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];

    /// <summary>Embedding spaces that stay, with this one: the ones that were brought last. At least 1.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Vectors under way at once, at least 1.</summary>
    public int Window { get; init; } = 256;
}

/// <summary>What bringing vectors did.</summary>
/// <param name="Space">What is there now.</param>
/// <param name="Added">Vectors that were sent; 0 where all was there already.</param>
/// <param name="Removed">Embedding spaces whose vectors were deleted.</param>
public sealed record VectorPushReport(VectorSpace Space, long Added, IReadOnlyList<string> Removed);
