using Inference.Recommendations.Exploration;

namespace Inference.Training.OffPolicy;

/// <summary>What the reward model tells items apart by: the standardised score, and how their click rate so far, drawn towards the average, compares with the average. 9 by 5 cells.</summary>
internal static class RewardCells
{
    private const double PriorImpressions = 20;

    /// <summary>How many there are.</summary>
    public const int Count = 45;

    private static ReadOnlySpan<float> ScoreEdges => [-1f, -0.5f, 0f, 0.5f, 1f, 1.5f, 2f, 3f];

    private static ReadOnlySpan<double> RatioEdges => [0.5, 0.8, 1.25, 2];

    /// <summary>The cell of an item.</summary>
    public static int Of(in PoolItem item, double rate)
    {
        int score = 0, ratio = 0;
        foreach (float edge in ScoreEdges)
            score += item.Score >= edge ? 1 : 0;
        double relative = ((PriorImpressions * rate) + item.Clicked) / ((PriorImpressions + item.Shown) * rate);
        foreach (double edge in RatioEdges)
            ratio += relative >= edge ? 1 : 0;
        return (score * (RatioEdges.Length + 1)) + ratio;
    }
}
