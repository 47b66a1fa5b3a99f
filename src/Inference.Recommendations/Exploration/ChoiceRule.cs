namespace Inference.Recommendations.Exploration;

/// <summary>
/// A policy for one slot: with which probability each item of a pool is put there. What is drawn is drawn from these very numbers, so they are exact propensities whatever the policy. Immutable, safe for
/// concurrent use; replay runs the same code.
/// </summary>
public abstract class ChoiceRule
{
    /// <summary>Which policy it is.</summary>
    public abstract ExplorationPolicy Policy { get; }

    /// <summary>Writes the probabilities.</summary>
    /// <param name="pool">At least one item, best score first.</param>
    /// <param name="rate">Click rate of the average impression, in (0, 1).</param>
    /// <param name="probabilities">Receives one per item: at least 0, with sum 1.</param>
    public abstract void Weigh(ReadOnlySpan<PoolItem> pool, double rate, Span<double> probabilities);

    /// <summary>The rule of a policy with the configured parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such policy.</exception>
    public static ChoiceRule Of(ExplorationPolicy policy, ExplorationOptions options) => policy switch
    {
        ExplorationPolicy.Off => new GreedyRule(),
        ExplorationPolicy.EpsilonGreedy => new EpsilonGreedyRule(options.Epsilon),
        ExplorationPolicy.Softmax => new SoftmaxRule(options.Temperature),
        ExplorationPolicy.Thompson => new ThompsonRule(options.PriorImpressions),
        ExplorationPolicy.Ucb => new UcbRule(options.ConfidenceWidth, options.PriorImpressions),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "There is no such policy."),
    };

    /// <summary>Brings what rounding left to the sum 1.</summary>
    private protected static void Normalise(Span<double> probabilities)
    {
        double sum = 0;
        foreach (double probability in probabilities)
            sum += probability;
        for (int i = 0; i < probabilities.Length; i++)
            probabilities[i] /= sum;
    }
}
