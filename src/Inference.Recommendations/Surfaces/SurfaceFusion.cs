namespace Inference.Recommendations.Surfaces;

/// <summary>How what several retrievers found becomes one order.</summary>
public enum SurfaceFusion
{
    /// <summary>By the bundle's fused model, whose weights were learned for each number of events; where the bundle has none, as <see cref="ZScore"/>.</summary>
    Learned = 0,

    /// <summary>Reciprocal rank fusion: Σ weight ∕ (60 + rank).</summary>
    ReciprocalRank,

    /// <summary>Σ weight · z, where z is a retriever's score less its mean, over its deviation, both over the candidates.</summary>
    ZScore,
}
