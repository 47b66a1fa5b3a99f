using Google.Protobuf.WellKnownTypes;
using Inference.Recommendations.Comparison;
using Wire = Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>The comparison with the shadow as a message of the contract.</summary>
internal static class ShadowMapping
{
    public static Wire.ShadowComparison? ToWire(ShadowReport? report)
    {
        if (report is null)
            return null;
        var wire = new Wire.ShadowComparison
        {
            Active = ToWire(report.Active),
            Shadow = ToWire(report.Shadow),
            Since = Timestamp.FromDateTimeOffset(report.Since),
            Share = report.Share,
            Compared = report.Compared,
            Dropped = report.Dropped,
            Failed = report.Failed,
        };
        // What is not a number is not there.
        if (report.Compared == 0)
            return wire;
        wire.Overlap = report.Overlap;
        wire.RankBiasedOverlap = report.RankBiasedOverlap;
        wire.SameTop = report.SameTop;
        if (!double.IsNaN(report.RankCorrelation))
            wire.RankCorrelation = report.RankCorrelation;
        return wire;
    }

    private static Wire.ShadowSide ToWire(ShadowSide side) => new()
    {
        Version = side.Version,
        MeanLatency = Duration.FromTimeSpan(side.Mean),
        P99Latency = Duration.FromTimeSpan(side.P99),
    };
}
