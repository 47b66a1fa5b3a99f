using System.Diagnostics.Metrics;
using Grpc.Core;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Server.Hosting;
using Inference.Vectors;

namespace Inference.Server.Telemetry;

/// <summary>What the server itself counts and times. Tags are closed sets: methods that are served, gRPC status codes, versions that were loaded.</summary>
internal sealed class ServerMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Inference.Server";

    private readonly Histogram<double> _calls;
    private readonly Histogram<double> _loads;
    private readonly Counter<long> _activations;
    private long _activeCalls;
    private Func<int> _loadedModels = static () => 0;

    public ServerMetrics(IMeterFactory meters, Readiness readiness, SnapshotRegistry snapshots)
    {
        Meter meter = meters.Create(MeterName);
        _calls = meter.CreateHistogram<double>("rpc.server.call.duration", "s", "Time from the headers of a call to its status.");
        _loads = meter.CreateHistogram<double>("recsys.model.load.duration", "s", "Time to load and check a bundle, by outcome.");
        _activations = meter.CreateCounter<long>("recsys.model.activations", "{activation}", "Versions that became the active one: the first, swaps, and rollbacks.");
        meter.CreateObservableGauge("recsys.model.loaded", () => _loadedModels(), "{model}", "Versions of the model that are loaded: the active one and those that can be pinned.");
        meter.CreateObservableGauge(
            "recsys.model.share",
            () => SharesOf(snapshots.Split),
            "1",
            "Share of the requests without a pinned version that the active version and the one on trial get.");
        meter.CreateObservableUpDownCounter("recsys.server.active_calls", () => Interlocked.Read(ref _activeCalls), "{call}", "Calls that are being answered now.");
        meter.CreateObservableGauge("recsys.server.ready", () => readiness.IsReady ? 1 : 0, null, "1 when the server answers, 0 while it loads or stops.");
        meter.CreateObservableGauge(
            "recsys.model.items",
            () => snapshots.Active is { } snapshot
                ? [new Measurement<long>(snapshot.Items.Count, new("recsys.embedding_space", snapshot.Model.EmbeddingSpaceId), new("recsys.model.version", snapshot.Model.FullVersion))]
                : Array.Empty<Measurement<long>>(),
            "{item}",
            "Items of the active model.");
        meter.CreateObservableGauge("recsys.index.size", () => OfIndex(snapshots, static index => (long?)index.Bytes), "By", "Memory of the active model's index.");
        meter.CreateObservableGauge("recsys.index.recall", () => OfIndex(snapshots, static index => index.Tuning?.Recall), "1", "Recall that was measured when the active model's index was built.");
        meter.CreateObservableGauge("recsys.index.pending", () => OfIndex(snapshots, static index => (long?)index.Pending), "{change}", "Changes of items that wait to be merged into the active model's index; searches find them already.");
        meter.CreateObservableCounter("recsys.index.merges", () => OfIndex(snapshots, static index => (long?)index.Merges), "{merge}", "Merges of changes into the active model's index.");
        meter.CreateObservableCounter("recsys.index.merge.failures", () => OfIndex(snapshots, static index => (long?)index.FailedMerges), "{merge}", "Such merges that failed; they are tried again.");
        meter.CreateObservableGauge("recsys.index.width", () => OfIndex(snapshots, static index => index.Tuning?.Width), "{candidate}", "Candidates that a search of the active model's index keeps; 0 for exact kinds.");
    }

    public void CallStarted() => Interlocked.Increment(ref _activeCalls);

    public void CallEnded(CallTags tags, StatusCode status, TimeSpan duration)
    {
        Interlocked.Decrement(ref _activeCalls);
        _calls.Record(duration.TotalSeconds, tags.For(status));
    }

    /// <param name="loadedModels">Tells how many versions are loaded.</param>
    public void WatchModels(Func<int> loadedModels) => _loadedModels = loadedModels;

    public void ModelActivated() => _activations.Add(1);

    public void ModelLoaded(TimeSpan duration, string outcome) =>
        _loads.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("recsys.outcome", outcome));

    private static IEnumerable<Measurement<double>> SharesOf(TrafficSplit split)
    {
        if (split.Active is { } active)
            yield return new Measurement<double>(1 - split.CanaryShare, new KeyValuePair<string, object?>("recsys.model.version", active.Model.FullVersion));
        if (split.Canary is { } canary)
            yield return new Measurement<double>(split.CanaryShare, new KeyValuePair<string, object?>("recsys.model.version", canary.Model.FullVersion));
    }

    private static Measurement<T>[] OfIndex<T>(SnapshotRegistry snapshots, Func<LiveIndex, T?> value)
        where T : struct =>
        snapshots.Active is { } snapshot && value(snapshot.Index) is { } measured
            ? [new Measurement<T>(measured, new("recsys.index.kind", IndexKinds.NameOf(snapshot.Index.Kind)), new("recsys.model.version", snapshot.Model.FullVersion))]
            : [];
}
