using System.Diagnostics.Metrics;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Recall;

/// <summary>What is counted and measured of live recall, by loaded version.</summary>
public sealed class RecallMetrics
{
    private readonly Counter<long> _checks;
    private readonly Histogram<double> _duration;
    private readonly Counter<double> _processor;
    private readonly Counter<long> _scans;

    public RecallMetrics(IMeterFactory meters, SnapshotRegistry snapshots)
    {
        Meter meter = meters.Create(RecommendationMetrics.MeterName);
        _checks = meter.CreateCounter<long>("recsys.recall.checks", "{search}", "Searches of the index that were chosen to be done a second time exactly, by outcome.");
        _duration = meter.CreateHistogram<double>("recsys.recall.check.duration", "s", "Time of such a check, on a thread that stands back.");
        _processor = meter.CreateCounter<double>("recsys.recall.check.processor_time", "s", "Processor time of the checks.");
        _scans = meter.CreateCounter<long>("recsys.recall.scans", "{search}", "Searches that a scan of all eligible items answered because the recall of the index is too low.");
        meter.CreateObservableGauge("recsys.recall.estimate", () => Of(snapshots, static estimate => estimate.Recall), "1", "Share of the true best items that searches found, by how much of the catalogue they could return.");
        meter.CreateObservableGauge("recsys.recall.lower", () => Of(snapshots, static estimate => estimate.Lower), "1", "Lower end of the estimate's 95 % interval.");
        meter.CreateObservableGauge("recsys.recall.upper", () => Of(snapshots, static estimate => estimate.Upper), "1", "Upper end of the estimate's 95 % interval.");
        meter.CreateObservableGauge("recsys.recall.samples", () => Of(snapshots, static estimate => (double)estimate.Samples), "{search}", "Searches that the estimate is made of.");
        meter.CreateObservableGauge("recsys.recall.degraded", () => Degraded(snapshots), null, "1 while the recall of the version's index is below the threshold, otherwise 0.");
    }

    internal void Checked(string version, TimeSpan took, TimeSpan processorTime)
    {
        Counted(version, "checked");
        _duration.Record(took.TotalSeconds);
        _processor.Add(processorTime.TotalSeconds);
    }

    internal void Counted(string version, string outcome) =>
        _checks.Add(1, new KeyValuePair<string, object?>("recsys.outcome", outcome), new KeyValuePair<string, object?>("recsys.model.version", version));

    internal void Scanned(string version) => _scans.Add(1, new KeyValuePair<string, object?>("recsys.model.version", version));

    private static IEnumerable<Measurement<double>> Of(SnapshotRegistry snapshots, Func<RecallEstimate, double> figure)
    {
        foreach (Snapshot snapshot in snapshots.Loaded)
        {
            if (snapshot.Recall?.Report() is not { } report)
                continue;
            if (report.Overall.Samples > 0)
                yield return Measured(figure(report.Overall), report.Version, "all");
            for (int i = 0; i < report.ByFilter.Count; i++)
            {
                if (report.ByFilter[i].Samples > 0)
                    yield return Measured(figure(report.ByFilter[i]), report.Version, FilterClasses.NameOf((FilterClass)i));
            }
        }
    }

    private static Measurement<double> Measured(double value, string version, string filter) =>
        new(value, new("recsys.model.version", version), new KeyValuePair<string, object?>("recsys.filter", filter));

    private static IEnumerable<Measurement<int>> Degraded(SnapshotRegistry snapshots)
    {
        foreach (Snapshot snapshot in snapshots.Loaded)
        {
            if (snapshot.Recall is { } state)
                yield return new Measurement<int>(state.Alarm is null ? 0 : 1, new KeyValuePair<string, object?>("recsys.model.version", state.Version));
        }
    }
}
