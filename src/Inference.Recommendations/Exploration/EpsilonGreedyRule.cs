namespace Inference.Recommendations.Exploration;

/// <summary>The first item, or with the probability ε any of the pool: <c>p_1 = 1 − ε + ε ∕ m</c>, <c>p_i = ε ∕ m</c>.</summary>
internal sealed class EpsilonGreedyRule(double epsilon) : ChoiceRule
{
    public override ExplorationPolicy Policy => ExplorationPolicy.EpsilonGreedy;

    public override void Weigh(ReadOnlySpan<PoolItem> pool, double rate, Span<double> probabilities)
    {
        probabilities.Fill(epsilon / pool.Length);
        probabilities[0] += 1 - epsilon;
        Normalise(probabilities);
    }
}
