using Inference.Recommendations.Ports;

namespace Inference.Server.OpenInference;

/// <summary>What a ModelInfer request that passed <see cref="InferRules"/> asks for.</summary>
/// <param name="Places">For each input of the tower, its place among the request's inputs.</param>
/// <param name="Wanted">Places in the tower's outputs of those that are wanted, in the order in which they go back.</param>
/// <param name="Priority">Who waits.</param>
/// <param name="Timeout">How long an answer is of use, by the request's own word; null when it does not say.</param>
internal sealed record InferPlan(int[] Places, int[] Wanted, WorkPriority Priority, TimeSpan? Timeout)
{
    /// <summary>The urgency of a call.</summary>
    /// <param name="deadline">When the call ends.</param>
    /// <param name="now">The time.</param>
    public Urgency UrgencyOf(DateTimeOffset deadline, DateTimeOffset now)
    {
        TimeSpan? patience = deadline == DateTimeOffset.MaxValue ? null : deadline - now;
        return new Urgency(Priority, Timeout is { } timeout && (patience is null || timeout < patience) ? timeout : patience);
    }
}
