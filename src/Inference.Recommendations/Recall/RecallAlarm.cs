using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Recall;

/// <summary>A version whose index was measured to find too little. Immutable.</summary>
/// <param name="Estimate">What was measured.</param>
/// <param name="Threshold">What it should be.</param>
/// <param name="Scans">Whether a scan answers instead.</param>
/// <param name="Detail">One sentence for replies and people.</param>
internal sealed record RecallAlarm(RecallEstimate Estimate, double Threshold, bool Scans, string Detail)
{
    /// <summary>The label of every reply.</summary>
    public Degradation Label { get; } = new(Components.Index, DegradationReason.LowRecall, Detail);
}
