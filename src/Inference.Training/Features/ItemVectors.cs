namespace Inference.Training.Features;

/// <summary>Vectors of items that were made elsewhere, such as embeddings of their texts; each item's own is stored with it, so that servers need not make it.</summary>
/// <param name="Feature">Name of the feature that holds them.</param>
/// <param name="Width">Numbers per vector.</param>
/// <param name="What">What they are, for people.</param>
/// <param name="ById">Vectors by item id; items without one are not in it.</param>
public sealed record ItemVectors(string Feature, int Width, string What, IReadOnlyDictionary<string, IReadOnlyList<double>> ById);
