using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Recall;

/// <summary>
/// Every search of a snapshot's index that answers a request: by the index, by passes that requests share, or, while its recall is too low and the configuration says so, by a scan of all eligible rows. What is chosen is
/// handed to the monitor.
/// </summary>
/// <param name="monitor">Null where nothing is measured.</param>
internal sealed class IndexSearches(RecallMonitor? monitor, RecommendationMetrics metrics, TimeProvider time)
{
    /// <summary>A scan is begun where this many times what it took lately is left before the deadline.</summary>
    private const int Margin = 2;

    /// <summary>Says in a reply that the recall of the index is low, where it is.</summary>
    public void Label(Snapshot snapshot, Degradations degraded)
    {
        if (monitor is not null && snapshot.Recall?.Alarm is { } alarm)
            degraded.Add(alarm.Label.Component, alarm.Label.Reason, alarm.Label.Detail);
    }

    /// <summary>Whether the index is passed over, the one of a device too.</summary>
    public bool Scans(Snapshot snapshot) => monitor is not null && snapshot.Recall?.Alarm is { Scans: true };

    /// <summary>Writes the best eligible rows, best first.</summary>
    /// <inheritdoc cref="LiveIndex.Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)" path="/param"/>
    /// <param name="snapshot">Leased by the caller.</param>
    /// <param name="budget">A scan for which no time is left is not begun: the index answers.</param>
    /// <param name="degraded">Is told of that.</param>
    /// <returns>How many were written.</returns>
    public int Search(Snapshot snapshot, ReadOnlyMemory<float> query, Memory<Neighbor> results, RowFilter filter, Budget budget, Degradations degraded)
    {
        if (Scans(snapshot))
        {
            if (budget.Patience is not { } left || left.Ticks * (double)time.TimestampFrequency / TimeSpan.TicksPerSecond >= Margin * snapshot.Recall!.ScanTicks)
                return Scan(snapshot, query.Span, results.Span, filter);
            degraded.Add(Components.Index, DegradationReason.Timeout, "No time was left for a scan of all eligible items; the index answered.");
        }

        RecallProbe probe = Begin(snapshot);
        long start = time.GetTimestamp();
        int count = snapshot.SharedSearch is { } shared ? shared.Search(query, results, filter) : snapshot.Index.Search(query.Span, results.Span, filter);
        metrics.IndexSearched(time.GetElapsedTime(start));
        Offer(probe, snapshot, query.Span, results.Span[..count], results.Length, filter);
        return count;
    }

    /// <summary>As <see cref="Search(Snapshot, ReadOnlyMemory{float}, Memory{Neighbor}, RowFilter, Budget, Degradations)"/>, for whoever keeps time himself and shares no passes.</summary>
    public int Search(Snapshot snapshot, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter)
    {
        if (Scans(snapshot))
            return Scan(snapshot, query, results, filter);
        RecallProbe probe = Begin(snapshot);
        long start = time.GetTimestamp();
        int count = snapshot.Index.Search(query, results, filter);
        metrics.IndexSearched(time.GetElapsedTime(start));
        Offer(probe, snapshot, query, results[..count], results.Length, filter);
        return count;
    }

    /// <summary>To be called before a search that is not done here.</summary>
    public RecallProbe Begin(Snapshot snapshot) => monitor?.Begin(snapshot) ?? default;

    /// <summary>To be called after it, with what was found.</summary>
    public void Offer(in RecallProbe probe, Snapshot snapshot, ReadOnlySpan<float> query, ReadOnlySpan<Neighbor> found, int wanted, RowFilter filter)
    {
        if (probe.IsChosen)
            monitor!.Offer(probe, snapshot, query, found, wanted, filter, isScan: false);
    }

    private int Scan(Snapshot snapshot, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter)
    {
        RecallProbe probe = Begin(snapshot);
        long start = time.GetTimestamp();
        int count = snapshot.Index.SearchExact(query, results, filter);
        TimeSpan took = time.GetElapsedTime(start);
        snapshot.Recall!.Scanned((long)(took.TotalSeconds * time.TimestampFrequency));
        metrics.IndexSearched(took);
        monitor!.Scanned(snapshot);
        if (probe.IsChosen)
            monitor!.Offer(probe, snapshot, query, results[..count], results.Length, filter, isScan: true);
        return count;
    }
}

/// <summary>Searches the index of the snapshot that answers one request.</summary>
internal readonly record struct IndexSearcher(IndexSearches Searches, Snapshot Snapshot)
{
    /// <summary>Whether a scan answers for the index now.</summary>
    public bool Scans => Searches.Scans(Snapshot);

    public int Search(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter) => Searches.Search(Snapshot, query, results, filter);
}
