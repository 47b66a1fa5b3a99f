namespace Inference.Recommendations.Exploration;

/// <summary>
/// Thompson sampling (1933) over <c>z_i + logit(Beta draw)</c>: items by the probability that theirs is the highest draw. The probabilities are computed and one item is drawn by them, which is the same
/// policy as comparing draws, and says its propensities.
/// </summary>
internal sealed class ThompsonRule(double priorImpressions) : ChoiceRule
{
    private readonly LogitBetas _tables = new();

    public override ExplorationPolicy Policy => ExplorationPolicy.Thompson;

    public override void Weigh(ReadOnlySpan<PoolItem> pool, double rate, Span<double> probabilities) => BestOfDraws.Weigh(pool, rate, priorImpressions, _tables, probabilities);
}
