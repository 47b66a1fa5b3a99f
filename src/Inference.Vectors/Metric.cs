namespace Inference.Vectors;

/// <summary>How two vectors are compared. Whatever the metric, a higher score is a better match.</summary>
public enum Metric
{
    /// <summary>Σ aᵢbᵢ. The length of a row counts: long rows win.</summary>
    InnerProduct = 1,

    /// <summary>Σ aᵢbᵢ ∕ (|a||b|), in [−1, 1]; 0 where either vector is zero.</summary>
    Cosine = 2,

    /// <summary>Minus the squared Euclidean distance, −Σ (aᵢ − bᵢ)², at most 0.</summary>
    L2 = 3,
}
