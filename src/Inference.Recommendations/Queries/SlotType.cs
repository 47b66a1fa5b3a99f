namespace Inference.Recommendations.Queries;

/// <summary>How the item of a slot was chosen. The numbers are those of the contract.</summary>
public enum SlotType
{
    /// <summary>The best by score.</summary>
    Exploit = 1,

    /// <summary>By the exploration policy.</summary>
    Explore = 2,

    /// <summary>Kept for new items.</summary>
    NewItem = 3,

    /// <summary>Added from popularity to fill the slate.</summary>
    Fallback = 4,
}
