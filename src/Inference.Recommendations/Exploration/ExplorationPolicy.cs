namespace Inference.Recommendations.Exploration;

/// <summary>How the items of slots that explore are chosen. The numbers are those of the contract.</summary>
public enum ExplorationPolicy
{
    /// <summary>No chance: the best slate.</summary>
    Off = 1,

    /// <summary>The best item, or with the probability ε any item of the pool.</summary>
    EpsilonGreedy = 2,

    /// <summary>Items by exp(score ∕ temperature).</summary>
    Softmax = 3,

    /// <summary>Items by the probability that they are the best, given score, impressions and clicks.</summary>
    Thompson = 4,

    /// <summary>The item with the highest upper confidence bound.</summary>
    Ucb = 5,
}
