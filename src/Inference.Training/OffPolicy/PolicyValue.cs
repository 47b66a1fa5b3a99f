namespace Inference.Training.OffPolicy;

/// <summary>What a log says about a policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Ips">Inverse propensity scoring: unbiased, of the largest variance.</param>
/// <param name="Snips">Self-normalised: by the sum of the weights instead of their number.</param>
/// <param name="DoublyRobust">With a reward model, whose error the weights correct.</param>
/// <param name="Lift">The doubly robust estimate less the log's own mean; its interval is of the difference.</param>
/// <param name="EffectiveSize">(Σw)² ∕ Σw²: as many units of the target itself would be as good, about.</param>
/// <param name="LargestWeight">The largest weight, clipped where clipping is on.</param>
/// <param name="MeanWeight">Near 1 where the propensities are true and the target is covered.</param>
/// <param name="Clipped">Share of the units whose weight was clipped.</param>
/// <param name="Unsupported">Share of the target's probability on items of the largest weights, so large that in all draws of the log not one of them is to be expected.</param>
/// <param name="Rewarded">Units with a reward that the target could have made.</param>
/// <param name="Refusals">Why the estimates are not to be used; empty where they are.</param>
public sealed record PolicyValue(
    TargetPolicy Policy, Estimate Ips, Estimate Snips, Estimate DoublyRobust, Estimate Lift, double EffectiveSize, double LargestWeight, double MeanWeight, double Clipped, double Unsupported,
    int Rewarded, IReadOnlyList<string> Refusals)
{
    /// <summary>Whether the log has an answer.</summary>
    public bool IsAnswered => Refusals.Count == 0;
}
