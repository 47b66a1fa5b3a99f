using Inference.Recommendations.Queries;

namespace Inference.Training.OffPolicy;

/// <summary>How a log is replayed, and when its answer is refused.</summary>
public sealed record ReplayOptions
{
    /// <summary>Which draws are judged: <see cref="SlotType.Explore"/> or <see cref="SlotType.NewItem"/>.</summary>
    public SlotType Type { get; init; } = SlotType.Explore;

    /// <summary>What counts.</summary>
    public RewardKind Reward { get; init; } = RewardKind.Click;

    /// <summary>How long after a decision its events count.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How much earlier than the decision the clock of an event may be.</summary>
    public TimeSpan ClockSlack { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether the unit is the slate, with the product of the weights of its draws and the sum of their rewards, instead of the single draw.</summary>
    public bool BySlate { get; init; }

    /// <summary>Whether all draws of one user are one observation for the intervals, where the log names users.</summary>
    public bool ByUser { get; init; } = true;

    /// <summary>Whether only draws count of whose item some event tells that it was seen.</summary>
    public bool ConfirmedOnly { get; init; }

    /// <summary>Weights above this count as this, which makes estimates steadier and biased; infinite for none.</summary>
    public double Clip { get; init; } = double.PositiveInfinity;

    /// <summary>Folds over which the reward model of the doubly robust estimate is fitted; 2 to 100.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Refused below this effective sample size.</summary>
    public double LeastEffective { get; init; } = 100;

    /// <summary>Refused with fewer draws that were rewarded and that the target could have made.</summary>
    public int LeastRewarded { get; init; } = 30;

    /// <summary>Refused with fewer independent observations.</summary>
    public int LeastClusters { get; init; } = 30;

    /// <summary>Refused where more of the target's probability than this lies on items that the log never shows, or so rarely that in all its draws not one of them is to be expected.</summary>
    public double MostUnsupported { get; init; } = 0.05;
}
