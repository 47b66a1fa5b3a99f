using System.Buffers;
using System.Diagnostics;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Retrieval;

/// <summary>Finds the items nearest to an embedding: on a device where the snapshot has one, and where it has none, or it is late or fails, with the index in memory.</summary>
internal sealed class EmbeddingSearch(IndexSearches searches, PipelineOptions options, RecommendationMetrics metrics, TimeProvider time, ILogger<EmbeddingSearch> log)
{
    /// <summary>Fills the free places of the slate with the eligible items that score highest, and takes them out of the eligible ones. Without a device the task has ended when it is returned.</summary>
    /// <returns>Whether any item was found.</returns>
    public async ValueTask<bool> FillAsync(
        Snapshot snapshot, ReadOnlyMemory<float> embedding, Eligibility eligible, Slate slate, WorkPriority priority, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        Neighbor[] found = ArrayPool<Neighbor>.Shared.Rent(slate.Free);
        try
        {
            int count = await FindAsync(snapshot, embedding, found.AsMemory(0, slate.Free), eligible, priority, budget, degraded, cancellationToken);
            for (int i = 0; i < count; i++)
            {
                slate.AddFound(found[i].Row, found[i].Score, Sources.Towers, i + 1);
                eligible.Deny(found[i].Row);
            }

            return count > 0;
        }
        finally
        {
            ArrayPool<Neighbor>.Shared.Return(found);
        }
    }

    /// <summary>Finds the eligible items that score highest, best first. Without a device the task has ended when it is returned.</summary>
    /// <param name="found">Receives them, as many as it has places; to be left alone until the task has ended.</param>
    /// <returns>How many there are.</returns>
    public ValueTask<int> FindAsync(
        Snapshot snapshot, ReadOnlyMemory<float> embedding, Memory<Neighbor> found, Eligibility eligible, WorkPriority priority, Budget budget, Degradations degraded, CancellationToken cancellationToken) =>
        snapshot.DeviceSearch is { } device && !searches.Scans(snapshot)
            ? FindOnDeviceAsync(device, snapshot, embedding, found, eligible, priority, budget, degraded, cancellationToken)
            : new ValueTask<int>(Find(snapshot, embedding, found, eligible, budget, degraded));

    private int Find(Snapshot snapshot, ReadOnlyMemory<float> embedding, Memory<Neighbor> found, Eligibility eligible, Budget budget, Degradations degraded)
    {
        using Activity? span = Spans.Begin(Log.Activities, "index_search");
        if (span is not null)
            Describe(span, snapshot, eligible, searches.Scans(snapshot));
        int count = searches.Search(snapshot, embedding, found, eligible.Filter, budget, degraded);
        return Known(found.Span[..count], eligible);
    }

    private async ValueTask<int> FindOnDeviceAsync(
        IDeviceSearch device, Snapshot snapshot, ReadOnlyMemory<float> embedding, Memory<Neighbor> found, Eligibility eligible, WorkPriority priority, Budget budget, Degradations degraded,
        CancellationToken cancellationToken)
    {
        TimeSpan left = budget.Left(options.DeviceSearchBudget);
        using Activity? span = Spans.Begin(Log.Activities, "device_search");
        long start = time.GetTimestamp();
        try
        {
            RecallProbe probe = searches.Begin(snapshot);
            DeviceSearchResult result = left > TimeSpan.Zero
                ? await device.SearchAsync(embedding, found, eligible.Filter, new Urgency(priority, left), cancellationToken)
                : new DeviceSearchResult(DeviceSearchOutcome.Late);
            switch (result.Outcome)
            {
                case DeviceSearchOutcome.Found:
                    searches.Offer(probe, snapshot, embedding.Span, found.Span[..result.Found], found.Length, eligible.Filter);
                    metrics.IndexSearched(time.GetElapsedTime(start));
                    span.Ended("found");
                    return Known(found.Span[..result.Found], eligible);
                case DeviceSearchOutcome.Late:
                    span.Failed("late");
                    degraded.Add(Components.Index, DegradationReason.Timeout, "The device did not answer within its budget; the index in memory did.");
                    break;
                case DeviceSearchOutcome.Refused:
                    span.Failed("refused");
                    degraded.Add(Components.Index, DegradationReason.Unavailable, "Too many searches waited for the device; the index in memory answered.");
                    break;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.DeviceSearchFailed(log, snapshot.Model.FullVersion, e);
            span.Failed("failed", e);
            degraded.Add(Components.Index, DegradationReason.Failed, "The search on the device failed; the index in memory answered.");
        }

        return Find(snapshot, embedding, found, eligible, budget, degraded);
    }

    /// <summary>Says what is searched, how wide, and how much of it may be returned.</summary>
    private static void Describe(Activity span, Snapshot snapshot, Eligibility eligible, bool isScan)
    {
        span.SetTag("recsys.index.kind", isScan ? "scan" : IndexKinds.NameOf(snapshot.Index.Kind));
        if (!isScan && snapshot.Index.Tuning is { Width: > 0 and int width })
            span.SetTag("recsys.index.width", width);
        span.SetTag("recsys.filter", FilterClasses.NameOf(eligible.Class()));
    }

    /// <summary>Leaves out what came after the moment that the reply is made from.</summary>
    private static int Known(Span<Neighbor> found, Eligibility eligible)
    {
        int kept = 0;
        foreach (Neighbor neighbor in found)
        {
            if (neighbor.Row < eligible.Rows.RowCount)
                found[kept++] = neighbor;
        }

        return kept;
    }
}
