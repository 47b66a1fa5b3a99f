namespace Inference.Recommendations.Comparison;

/// <summary>How much of two slates is the same, whatever its order.</summary>
public static class Overlap
{
    /// <summary>
    /// overlap@k = |A[..k] ∩ B[..k]| / min(k, max(|A|, |B|)), in [0, 1]. Slates that are shorter than k because there was no more to show are compared as far as the longer one goes; two empty
    /// slates agree.
    /// </summary>
    /// <param name="alignment">The two slates.</param>
    /// <param name="k">How many of the first items count; at least 1.</param>
    public static double At(SlateAlignment alignment, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        int depth = Math.Min(k, Math.Max(alignment.CountA, alignment.CountB));
        if (depth == 0)
            return 1;
        int common = 0;
        foreach (int place in alignment.PlaceInB[..Math.Min(k, alignment.CountA)])
            common += (uint)place < (uint)k ? 1 : 0;
        return (double)common / depth;
    }

    /// <summary>J = |A ∩ B| / |A ∪ B| of the whole slates (Jaccard, 1901), in [0, 1]; two empty slates agree.</summary>
    public static double Jaccard(SlateAlignment alignment)
    {
        int union = alignment.CountA + alignment.CountB - alignment.Common;
        return union == 0 ? 1 : (double)alignment.Common / union;
    }
}
