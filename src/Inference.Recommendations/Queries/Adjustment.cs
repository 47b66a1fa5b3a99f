namespace Inference.Recommendations.Queries;

/// <summary>Why an item does not simply stand where its score would put it.</summary>
public enum AdjustmentKind
{
    Pinned = 1,
    Boosted = 2,
    Diversified = 3,
    Capped = 4,
    Calibrated = 5,
    Floor = 6,
}

/// <summary>One thing that moved an item.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Name">Of the boost, or the attribute of the cap; empty otherwise.</param>
/// <param name="Amount">For a boost what it added to the score, for diversity the cosine to the nearest item above; 0 otherwise.</param>
/// <param name="FromRank">Place before it, from 1, where the kind moves items; 0 where it was not among the candidates.</param>
public readonly record struct Adjustment(AdjustmentKind Kind, string Name, double Amount, int FromRank)
{
    /// <summary>Whether replies state it also where nobody asks for explanations, and however few bytes these may take.</summary>
    public bool IsAlwaysStated => Kind is AdjustmentKind.Pinned or AdjustmentKind.Boosted;
}
