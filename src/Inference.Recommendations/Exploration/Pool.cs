namespace Inference.Recommendations.Exploration;

/// <summary>What is done to the items that a slot may be given before a policy sees them.</summary>
internal static class Pool
{
    /// <summary>A deviation counts as 0 below this share of the largest score.</summary>
    private const double NoDeviation = 1e-6;

    /// <summary>Standardises scores: mean 0 and deviation 1; all 0 where they are all the same.</summary>
    /// <param name="items">Their scores are replaced. NaN counts as the lowest.</param>
    public static void Standardise(Span<PoolItem> items)
    {
        double sum = 0, squares = 0, lowest = double.PositiveInfinity, largest = 0;
        int count = 0;
        foreach (PoolItem item in items)
        {
            if (!float.IsFinite(item.Score))
                continue;
            sum += item.Score;
            lowest = Math.Min(lowest, item.Score);
            largest = Math.Max(largest, Math.Abs(item.Score));
            count++;
        }

        double mean = count > 0 ? sum / count : 0;
        foreach (PoolItem item in items)
            squares += float.IsFinite(item.Score) ? (item.Score - mean) * (item.Score - mean) : 0;
        double deviation = count > 0 ? Math.Sqrt(squares / count) : 0;
        bool isFlat = !(deviation > NoDeviation * largest);
        for (int i = 0; i < items.Length; i++)
        {
            double score = float.IsFinite(items[i].Score) ? items[i].Score : lowest;
            items[i] = items[i] with { Score = isFlat ? 0f : (float)((score - mean) / deviation) };
        }
    }
}
