using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.MakeUp;

/// <summary>The scores of candidates on one scale. Items that fill a slate up have scores of another kind: they count as the lowest of the others, where there are others, and stay in their order.</summary>
internal static class CandidateScores
{
    /// <summary>A deviation counts as 0 below this share of the largest score.</summary>
    private const double NoDeviation = 1e-6;

    /// <summary>Reads them.</summary>
    /// <returns>Standard deviation of those that retrievers gave; 0 where they are all the same.</returns>
    public static double Read(MakeUpScratch s)
    {
        bool hasFound = false;
        for (int i = 0; i < s.Count && !hasFound; i++)
            hasFound = s.Places[i].Type != SlotType.Fallback;
        double sum = 0, squares = 0, lowest = double.PositiveInfinity, largest = 0;
        int count = 0;
        for (int i = 0; i < s.Count; i++)
        {
            double score = s.Places[i].Score;
            if (!double.IsFinite(score) || (hasFound && s.Places[i].Type == SlotType.Fallback))
                score = double.NaN;
            s.Scores[i] = score;
            if (double.IsNaN(score))
                continue;
            sum += score;
            lowest = Math.Min(lowest, score);
            largest = Math.Max(largest, Math.Abs(score));
            count++;
        }

        double mean = count > 0 ? sum / count : 0;
        for (int i = 0; i < s.Count; i++)
        {
            if (double.IsNaN(s.Scores[i]))
                s.Scores[i] = count > 0 ? lowest : 0;
            else
                squares += (s.Scores[i] - mean) * (s.Scores[i] - mean);
        }

        double deviation = count > 0 ? Math.Sqrt(squares / count) : 0;
        return deviation > NoDeviation * largest ? deviation : 0;
    }

    /// <summary>Puts candidates in the order of their scores; of equals that which stood first.</summary>
    public static void Sort(MakeUpScratch s)
    {
        Span<MakeUpScratch.Ranked> ranking = s.Ranking.AsSpan(0, s.Count);
        for (int i = 0; i < ranking.Length; i++)
            ranking[i] = new MakeUpScratch.Ranked(s.Scores[i], i);
        ranking.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Candidate.CompareTo(b.Candidate));
        Slate.Place[] before = s.Unsorted;
        s.Places.AsSpan(0, s.Count).CopyTo(before);
        for (int i = 0; i < ranking.Length; i++)
        {
            s.Places[i] = before[ranking[i].Candidate];
            s.Scores[i] = ranking[i].Score;
            s.Before[i] = ranking[i].Candidate + 1;
        }
    }

    /// <summary>Brings them between −1, the lowest, and 1, the highest, as cosines lie; all 0 where they are the same.</summary>
    public static void Scale(MakeUpScratch s)
    {
        double lowest = double.PositiveInfinity, highest = double.NegativeInfinity;
        for (int i = 0; i < s.Count; i++)
        {
            lowest = Math.Min(lowest, s.Scores[i]);
            highest = Math.Max(highest, s.Scores[i]);
        }

        double range = highest - lowest;
        for (int i = 0; i < s.Count; i++)
            s.Relevance[i] = range > 0 ? (float)((2 * (s.Scores[i] - lowest) / range) - 1) : 0f;
    }
}
