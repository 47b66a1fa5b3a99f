using Inference.Recommendations.Recall;
using Wire = Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Live recall as a message of the contract.</summary>
internal static class RecallMapping
{
    public static Wire.LiveRecall? ToWire(RecallReport? report)
    {
        if (report is null)
            return null;
        var wire = new Wire.LiveRecall
        {
            Version = report.Version,
            Share = report.Share,
            Threshold = report.Threshold,
            Degraded = report.IsDegraded,
            Scans = report.Scans,
            Detail = report.Detail,
            AgainstEmbeddings = report.IsAgainstEmbeddings,
            Overall = ToWire(report.Overall, "all"),
            Scan = ToWire(report.Scan, "all"),
            Checked = report.Checked,
            Dropped = report.Dropped,
            Failed = report.Failed,
        };
        for (int i = 0; i < report.ByFilter.Count; i++)
        {
            if (report.ByFilter[i].Samples > 0)
                wire.ByFilter.Add(ToWire(report.ByFilter[i], FilterClasses.NameOf((FilterClass)i)));
        }

        return wire;
    }

    private static Wire.RecallEstimate ToWire(in RecallEstimate estimate, string filter)
    {
        var wire = new Wire.RecallEstimate { Filter = filter, Samples = estimate.Samples, Wanted = estimate.Wanted, Hits = estimate.Hits, Lower = estimate.Lower, Upper = estimate.Upper };
        // What is not a number is not there.
        if (estimate.Samples > 0)
            wire.Recall = estimate.Recall;
        return wire;
    }
}
