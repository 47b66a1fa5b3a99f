using Inference.Training.Models;

namespace Inference.Training.Evaluation;

/// <summary>What one user's ranking is worth.</summary>
internal readonly record struct UserScores(double Ndcg10, int Hits10, int Hits50, int Targets, int FirstRank)
{
    private static readonly double[] Discounts = [.. Enumerable.Range(0, Judge.SlateLength).Select(static place => 1 / Math.Log2(place + 2))];

    /// <summary>
    /// Scores the candidates, ranks as much as is needed, and compares with the targets.
    /// <list type="number">
    /// <item>The model scores; excluded items get −∞.</item>
    /// <item>The first fifty are selected in one pass.</item>
    /// <item>The rank of the first target, when it is not among them, is the number of candidates before it; where a list has none of the targets, it is behind all candidates that could have been listed.</item>
    /// </list>
    /// </summary>
    /// <param name="slate">Receives the first ten item indexes, −1 where there are fewer candidates.</param>
    /// <exception cref="InvalidDataException">A score is not finite.</exception>
    public static UserScores Of(RankingModel model, Scenario scenario, int place, JudgeScratch scratch, Span<int> slate)
    {
        // :: Step 1
        CandidateItems candidates = scenario.Candidates;
        ScenarioUser user = scenario.Users[place];
        double[] scores = scratch.Scores;
        int listed = -1;
        if (model is RankedLists lists)
            listed = lists.Score(scenario, place, scores);
        else
            model.Score(user.Input, scores);
        foreach ((int start, int end) in candidates.Ranges)
        {
            if (!RankedTop.AreFinite(scores.AsSpan(start, end - start)))
                throw new InvalidDataException($"The model '{model.Name}' gives the user '{user.Id}' scores that are not finite.");
        }

        foreach (int item in user.Excluded.Span)
        {
            if (item < scores.Length)
                scores[item] = double.NegativeInfinity;
        }

        if (model is FlooredRanking floored)
            floored.Lift(scores, scenario);
        if (model is MadeUpRanking madeUp)
            madeUp.Lift(scores, scenario, place);

        // :: Step 2
        int count = RankedTop.Select(scores, candidates, scratch.TopScores, scratch.TopItems);
        if (listed >= 0)
            count = Math.Min(count, listed);
        ReadOnlySpan<int> top = scratch.TopItems.AsSpan(0, count);
        for (int rank = 0; rank < slate.Length; rank++)
            slate[rank] = rank < count ? top[rank] : -1;

        int targets = 0;
        int first = -1;
        foreach (int item in user.Targets.Span)
        {
            if (!candidates.Contains(item))
                continue;
            targets++;
            scratch.IsTarget[item] = true;
            if (first < 0 || scores[item] > scores[first] || (scores[item] == scores[first] && item < first))
                first = item;
        }

        double gain = 0;
        int hits10 = 0;
        int hits50 = 0;
        int firstRank = 0;
        for (int rank = 0; rank < count; rank++)
        {
            if (!scratch.IsTarget[top[rank]])
                continue;
            hits50++;
            if (firstRank == 0)
                firstRank = rank + 1;
            if (rank < Judge.SlateLength)
            {
                hits10++;
                gain += Discounts[rank];
            }
        }

        // :: Step 3
        if (firstRank == 0)
            firstRank = 1 + (listed >= 0 && scores[first] <= 0 ? CountRanked(scores, candidates) : RankedTop.CountBefore(scores, candidates, first));
        foreach (int item in user.Targets.Span)
        {
            if (item < scratch.IsTarget.Length)
                scratch.IsTarget[item] = false;
        }

        double best = 0;
        for (int rank = 0; rank < Math.Min(Judge.SlateLength, targets); rank++)
            best += Discounts[rank];
        return new UserScores(gain / best, hits10, hits50, targets, firstRank);
    }

    /// <summary>Candidates that are not excluded.</summary>
    private static int CountRanked(ReadOnlySpan<double> scores, CandidateItems candidates)
    {
        int count = candidates.Count;
        foreach ((int start, int end) in candidates.Ranges)
            count -= scores[start..end].Count(double.NegativeInfinity);
        return count;
    }
}
