namespace Inference.Recommendations.Exploration;

/// <summary>Which slots of a slate are not simply the best: the last of each stretch, so of every ten at a share of one in ten. Slots for new items stand before those that explore.</summary>
internal static class SlotPlan
{
    /// <summary>How many slots of a slate a share is: whole ones, but one for a short slate of at least two.</summary>
    public static int CountOf(double share, int limit) => share > 0 && limit >= 2 ? Math.Clamp((int)(share * limit), 1, limit - 1) : 0;

    /// <summary>The slot, from 0, of the special place number <paramref name="place"/> of <paramref name="count"/>.</summary>
    public static int SlotOf(int place, int count, int limit) => (int)((long)(place + 1) * limit / count) - 1;
}
