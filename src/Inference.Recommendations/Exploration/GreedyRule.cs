namespace Inference.Recommendations.Exploration;

/// <summary>Always the first item.</summary>
internal sealed class GreedyRule : ChoiceRule
{
    public override ExplorationPolicy Policy => ExplorationPolicy.Off;

    public override void Weigh(ReadOnlySpan<PoolItem> pool, double rate, Span<double> probabilities)
    {
        probabilities.Clear();
        probabilities[0] = 1;
    }
}
