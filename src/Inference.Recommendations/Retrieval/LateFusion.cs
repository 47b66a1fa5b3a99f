namespace Inference.Recommendations.Retrieval;

/// <summary>The formulas by which what several retrievers found becomes one order. In double precision, so that the parts of a score add up to it.</summary>
internal static class LateFusion
{
    /// <summary>k of reciprocal rank fusion (Cormack, Clarke and Büttcher, "Reciprocal rank fusion", 2009).</summary>
    public const int RankOffset = 60;

    /// <summary>A deviation counts as 0 below this share of the mean.</summary>
    private const double NoDeviation = 1e-6;

    /// <summary>part(i) = weight ∕ (60 + rank_i); 0 for what was not found.</summary>
    /// <param name="ranks">By candidate, from 1; 0 for what was not found.</param>
    /// <param name="weight">Of the retriever.</param>
    /// <param name="parts">Receives one number per candidate.</param>
    public static void ReciprocalRanks(ReadOnlySpan<int> ranks, double weight, Span<double> parts)
    {
        for (int i = 0; i < ranks.Length; i++)
            parts[i] = ranks[i] > 0 ? weight / (RankOffset + ranks[i]) : 0;
    }

    /// <summary>part(i) = weight · (s_i − mean) ∕ deviation, both over all candidates; those without a score have the lowest that there is. 0 for all where the scores are the same.</summary>
    /// <param name="scores">By candidate; NaN where there is none.</param>
    /// <param name="weight">Of the retriever.</param>
    /// <param name="parts">Receives one number per candidate.</param>
    public static void ZScores(ReadOnlySpan<float> scores, double weight, Span<double> parts)
    {
        float lowest = float.PositiveInfinity;
        foreach (float score in scores)
            lowest = score < lowest ? score : lowest;
        double sum = 0, squares = 0;
        foreach (float score in scores)
            sum += float.IsNaN(score) ? lowest : score;
        double mean = sum / scores.Length;
        for (int i = 0; i < scores.Length; i++)
        {
            double distance = (float.IsNaN(scores[i]) ? lowest : scores[i]) - mean;
            parts[i] = distance;
            squares += distance * distance;
        }

        double deviation = Math.Sqrt(squares / scores.Length);
        double factor = deviation > NoDeviation * Math.Abs(mean) && double.IsFinite(deviation) ? weight / deviation : 0;
        for (int i = 0; i < scores.Length; i++)
            parts[i] = factor == 0 ? 0 : parts[i] * factor;
    }

    /// <summary>What the weights of those who answered are multiplied with, so that scores keep their scale: all weights over those that answered; 1 where nobody did.</summary>
    public static double Share(double all, double answered) => answered > 0 && answered < all ? all / answered : 1;
}
