namespace Inference.Training.Ranking;

/// <summary>The candidates of one question, in the order in which they were found.</summary>
/// <param name="Scenario">Which kind of question.</param>
/// <param name="User">Id of the user.</param>
/// <param name="Rows">Rows of the bundle.</param>
/// <param name="Raw">Candidates × <see cref="RankerInputs.Columns"/>; NaN where a number is not known.</param>
/// <param name="IsTarget">By candidate, whether the user touched it later.</param>
/// <param name="Ideal">DCG@10 of a perfect order, also of targets that are not among the candidates.</param>
internal sealed record RankingList(string Scenario, string User, int[] Rows, float[] Raw, bool[] IsTarget, double Ideal)
{
    private const int SlateLength = 10;

    public int Count => Rows.Length;

    /// <summary>Whether the order of the candidates matters at all.</summary>
    public bool HasTarget => Array.IndexOf(IsTarget, true) >= 0;

    /// <summary>NDCG@10 of the order of the candidates.</summary>
    public double Ndcg10()
    {
        double gain = 0;
        for (int rank = 0; rank < Math.Min(SlateLength, Count); rank++)
            gain += IsTarget[rank] ? 1 / Math.Log2(rank + 2) : 0;
        return gain / Ideal;
    }

    /// <summary>NDCG@10 of the order of scores; equal ones stay in the order of the candidates.</summary>
    public double Ndcg10(ReadOnlySpan<float> scores)
    {
        double gain = 0;
        float[] all = scores.ToArray();
        int[] order = [.. Enumerable.Range(0, Count).OrderByDescending(i => all[i]).ThenBy(i => i).Take(SlateLength)];
        for (int rank = 0; rank < order.Length; rank++)
            gain += IsTarget[order[rank]] ? 1 / Math.Log2(rank + 2) : 0;
        return gain / Ideal;
    }
}
