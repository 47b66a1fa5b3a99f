namespace Inference.Recommendations.Exploration;

/// <summary>Items by their scores: <c>p_i ∝ exp(z_i ∕ T)</c>.</summary>
internal sealed class SoftmaxRule(double temperature) : ChoiceRule
{
    public override ExplorationPolicy Policy => ExplorationPolicy.Softmax;

    public override void Weigh(ReadOnlySpan<PoolItem> pool, double rate, Span<double> probabilities)
    {
        double best = double.NegativeInfinity;
        foreach (PoolItem item in pool)
            best = Math.Max(best, item.Score);
        for (int i = 0; i < pool.Length; i++)
            probabilities[i] = Math.Exp((pool[i].Score - best) / temperature);
        Normalise(probabilities);
    }
}
