using System.ComponentModel.DataAnnotations;

namespace Inference.Recommendations.Exploration;

/// <summary>What chance may decide in a slate.</summary>
public sealed class ExplorationOptions
{
    /// <summary>
    /// How slots that explore are filled. "Off": none explores. "EpsilonGreedy", "Softmax", "Thompson" and "Ucb": the policies of the contract. Greedy slates with a slot for new items did best where it was
    /// measured, so chance over all items is off until it is wanted, for example to collect a log for replay.
    /// </summary>
    /// <value>"Off", "EpsilonGreedy", "Softmax", "Thompson" or "Ucb"; default Off.</value>
    public ExplorationPolicy Policy { get; set; } = ExplorationPolicy.Off;

    /// <summary>Whether a request may name another policy.</summary>
    /// <value>true or false; default true.</value>
    public bool AllowRequests { get; set; } = true;

    /// <summary>Share of the slots that explore: the last of every ten at 0.1. A shorter slate of at least two has one.</summary>
    /// <value>0 to 1; default 0.1.</value>
    [Range(0, 1.0)]
    public double Share { get; set; } = 0.1;

    /// <summary>From how many items a slot is drawn: the best that are not in the slate.</summary>
    /// <value>2 to 500; default 50.</value>
    [Range(2, 500)]
    public int PoolSize { get; set; } = 50;

    /// <summary>Epsilon-greedy: with which probability the item is any of the pool.</summary>
    /// <value>0 to 1; default 0.1.</value>
    [Range(0, 1.0)]
    public double Epsilon { get; set; } = 0.1;

    /// <summary>Softmax: what scores, standardised over the pool, are divided by. Low is greedy.</summary>
    /// <value>0.01 to 100; default 0.5.</value>
    [Range(0.01, 100)]
    public double Temperature { get; set; } = 0.5;

    /// <summary>Upper confidence bound: how many standard errors of the click rate are added to it.</summary>
    /// <value>0 to 10; default 1.</value>
    [Range(0, 10.0)]
    public double ConfidenceWidth { get; set; } = 1;

    /// <summary>Thompson and UCB: for how many impressions at the average click rate an item stands that nobody has been shown.</summary>
    /// <value>0.1 to 10,000; default 20.</value>
    [Range(0.1, 10_000)]
    public double PriorImpressions { get; set; } = 20;
}
