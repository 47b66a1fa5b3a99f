namespace Inference.Recommendations.Exploration;

/// <summary>
/// The item with the highest <c>z_i + logit(μ_i + c · √(μ_i (1 − μ_i) ∕ n_i))</c>, where μ is the click rate after n impressions, those of the prior included (Auer, 2002, with the bound of the normal
/// approximation). Nothing is left to chance.
/// </summary>
internal sealed class UcbRule(double width, double priorImpressions) : ChoiceRule
{
    private const double Highest = 1 - 1e-6;

    public override ExplorationPolicy Policy => ExplorationPolicy.Ucb;

    public override void Weigh(ReadOnlySpan<PoolItem> pool, double rate, Span<double> probabilities)
    {
        probabilities.Clear();
        int best = 0;
        double highest = double.NegativeInfinity;
        for (int i = 0; i < pool.Length; i++)
        {
            double impressions = priorImpressions + pool[i].Shown;
            double mean = ((priorImpressions * rate) + pool[i].Clicked) / impressions;
            double bound = Math.Min(Highest, mean + (width * Math.Sqrt(mean * (1 - mean) / impressions)));
            double value = pool[i].Score + Math.Log(bound / (1 - bound));
            if (value > highest)
                (highest, best) = (value, i);
        }

        probabilities[best] = 1;
    }
}
