using System.Diagnostics.Metrics;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Catalogue;

/// <summary>What is counted and timed of changes of the catalogue. Tags are closed sets; none is an item.</summary>
public sealed class CatalogueMetrics
{
    /// <summary>Origin of changes that a caller of this server made.</summary>
    internal const string Call = "call";

    /// <summary>Origin of changes that came from another replica, or from the store after an interruption.</summary>
    internal const string Replica = "replica";

    /// <summary>Origin of changes that a model was brought up to date with.</summary>
    internal const string Replay = "replay";

    private readonly Counter<long> _changes;
    private readonly Histogram<double> _replays;
    private volatile Func<int>? _kept;

    public CatalogueMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(RecommendationMetrics.MeterName);
        _changes = meter.CreateCounter<long>("recsys.catalogue.changes", "{item}", "Changes of items in a loaded model, by outcome and by where they came from.");
        _replays = meter.CreateHistogram<double>("recsys.catalogue.replay.duration", "s", "Time to bring a newly loaded model up to date with the kept changes, waiting for the store included.");
        meter.CreateObservableGauge("recsys.catalogue.kept", () => _kept is { } kept ? [new Measurement<int>(kept())] : Array.Empty<Measurement<int>>(), "{item}", "Items of which a change is kept beside the bundle: added, replaced and deleted ones.");
    }

    internal void Watch(Func<int> kept) => _kept = kept;

    internal void Changed(CatalogueEdit edit, string origin)
    {
        Add(edit.Inserted, "inserted", origin);
        Add(edit.Updated, "updated", origin);
        Add(edit.Deleted, "deleted", origin);
        Add(edit.Superseded, "superseded", origin);
    }

    internal void Failed(int changes, string origin) => Add(changes, "failed", origin);

    internal void Replayed(TimeSpan duration) => _replays.Record(duration.TotalSeconds);

    private void Add(int count, string outcome, string origin)
    {
        if (count > 0)
            _changes.Add(count, new("recsys.outcome", outcome), new("recsys.origin", origin));
    }
}
