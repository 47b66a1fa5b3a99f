using System.Buffers;
using System.Diagnostics;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>Finds the items nearest to an embedding: on a device where the snapshot has one, and where it has none, or it is late or fails, with the index in memory.</summary>
internal sealed class Retrieval(IndexSearches searches, PipelineOptions options, RecommendationMetrics metrics, TimeProvider time, ILogger<Retrieval> log)
{
    /// <summary>Fills the free places of the slate with the eligible items that score highest, and takes them out of the eligible ones. Without a device the task has ended when it is returned.</summary>
    /// <returns>Whether any item was found.</returns>
    public ValueTask<bool> FillAsync(
        Snapshot snapshot, ReadOnlyMemory<float> embedding, Eligibility eligible, Slate slate, WorkPriority priority, Budget budget, Degradations degraded, CancellationToken cancellationToken) =>
        snapshot.DeviceSearch is { } device && !searches.Scans(snapshot)
            ? FillFromDeviceAsync(device, snapshot, embedding, eligible, slate, priority, budget, degraded, cancellationToken)
            : new ValueTask<bool>(Fill(snapshot, embedding, eligible, slate, budget, degraded));

    private bool Fill(Snapshot snapshot, ReadOnlyMemory<float> embedding, Eligibility eligible, Slate slate, Budget budget, Degradations degraded)
    {
        using Activity? span = Log.Activities.StartActivity("index_search");
        Neighbor[] found = ArrayPool<Neighbor>.Shared.Rent(slate.Free);
        try
        {
            int count = searches.Search(snapshot, embedding, found.AsMemory(0, slate.Free), eligible.Filter, budget, degraded);
            Place(found.AsSpan(0, count), eligible, slate);
            return count > 0;
        }
        finally
        {
            ArrayPool<Neighbor>.Shared.Return(found);
        }
    }

    private async ValueTask<bool> FillFromDeviceAsync(
        IDeviceSearch device, Snapshot snapshot, ReadOnlyMemory<float> embedding, Eligibility eligible, Slate slate, WorkPriority priority, Budget budget, Degradations degraded,
        CancellationToken cancellationToken)
    {
        TimeSpan left = budget.Left(options.DeviceSearchBudget);
        using Activity? span = Log.Activities.StartActivity("device_search");
        long start = time.GetTimestamp();
        Neighbor[] found = ArrayPool<Neighbor>.Shared.Rent(slate.Free);
        try
        {
            RecallProbe probe = searches.Begin(snapshot);
            DeviceSearchResult result = left > TimeSpan.Zero
                ? await device.SearchAsync(embedding, found.AsMemory(0, slate.Free), eligible.Filter, new Urgency(priority, left), cancellationToken)
                : new DeviceSearchResult(DeviceSearchOutcome.Late);
            switch (result.Outcome)
            {
                case DeviceSearchOutcome.Found:
                    searches.Offer(probe, snapshot, embedding.Span, found.AsSpan(0, result.Found), slate.Free, eligible.Filter);
                    Place(found.AsSpan(0, result.Found), eligible, slate);
                    metrics.IndexSearched(time.GetElapsedTime(start));
                    return result.Found > 0;
                case DeviceSearchOutcome.Late:
                    degraded.Add(Components.Index, DegradationReason.Timeout, "The device did not answer within its budget; the index in memory did.");
                    break;
                case DeviceSearchOutcome.Refused:
                    degraded.Add(Components.Index, DegradationReason.Unavailable, "Too many searches waited for the device; the index in memory answered.");
                    break;
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.DeviceSearchFailed(log, snapshot.Model.FullVersion, e);
            degraded.Add(Components.Index, DegradationReason.Failed, "The search on the device failed; the index in memory answered.");
        }
        finally
        {
            ArrayPool<Neighbor>.Shared.Return(found);
        }

        return Fill(snapshot, embedding, eligible, slate, budget, degraded);
    }

    private static void Place(ReadOnlySpan<Neighbor> found, Eligibility eligible, Slate slate)
    {
        int before = slate.Count;
        foreach (Neighbor neighbor in found)
        {
            // It came after the moment that the reply is made from.
            if (neighbor.Row >= eligible.Rows.RowCount)
                continue;
            slate.AddFound(neighbor.Row, neighbor.Score, Sources.Towers, slate.Count - before + 1);
            eligible.Deny(neighbor.Row);
        }
    }
}
