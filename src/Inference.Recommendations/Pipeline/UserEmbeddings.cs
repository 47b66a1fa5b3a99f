using System.Diagnostics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>The upper rungs of the ladder: an embedding that was kept, or the user tower over what is known of the user, each within its time budget.</summary>
internal sealed class UserEmbeddings(
    IUserEmbeddings? cache, PipelineOptions options, RecommendationMetrics metrics, TimeProvider time, ILogger<UserEmbeddings> log)
{
    /// <summary>The rung that the tower would serve for this user; null when there is nothing that the tower could read.</summary>
    public static Rung? RungFor(UserState? state, int historyCount) => state switch
    {
        not null when historyCount > 0 || state.Features.Count > 0 => Rung.UserTower,
        null when historyCount > 0 => Rung.Session,
        _ => null,
    };

    /// <summary>Whether the tower would read the stored state and nothing of the request, so that an embedding made for another request will do.</summary>
    public static bool ReadsStoredStateAlone(Snapshot snapshot, RecommendQuery query)
    {
        if (query.UserId.Length == 0 || query.RecentItemIds.Count > 0)
            return false;
        if (query.Context.Count == 0)
            return true;
        foreach (string name in query.Context.Keys)
        {
            if (snapshot.UserTower.Features.Knows(name))
                return false;
        }

        return true;
    }

    /// <summary>The embedding of one user.</summary>
    /// <param name="cachedAs">The user whose stored state is all that the tower would read; default when the request adds to it.</param>
    /// <returns>The embedding, to be disposed; null when the tower failed, had no room or would be too late, which is then labelled.</returns>
    public async ValueTask<RentedEmbedding?> FindAsync(
        Snapshot snapshot, KnownUser cachedAs, FeatureSet features, History history, WorkPriority priority, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        if (cache is null || cachedAs.State is not { } state)
            return await EncodeAsync(snapshot, features, history, priority, budget, degraded, cancellationToken);
        if (await FindCachedAsync(cache, snapshot, cachedAs, state, budget, cancellationToken) is { } cached)
            return cached;
        RentedEmbedding? made = await EncodeAsync(snapshot, features, history, priority, budget, degraded, cancellationToken);
        if (made is not null)
            cache.Set(snapshot.Model.EmbeddingSpaceId, cachedAs.Identity.Key, state.Stamp, made.Memory.Span);
        return made;
    }

    private async ValueTask<RentedEmbedding?> FindCachedAsync(
        IUserEmbeddings cache, Snapshot snapshot, KnownUser user, UserState state, Budget budget, CancellationToken cancellationToken)
    {
        // With no time left what the process itself holds still answers, for it does so at once.
        TimeSpan left = budget.Left(user.StoreTimeLeft);
        if (left < TimeSpan.Zero)
            left = TimeSpan.Zero;
        using Activity? span = Spans.Begin(Log.Activities, "embedding_cache");
        var embedding = new RentedEmbedding(snapshot.Model.Dimension) { IsCached = true };
        try
        {
            ValueTask<bool> finding = cache.TryGetAsync(snapshot.Model.EmbeddingSpaceId, user.Identity.Key, state.Stamp, embedding.Memory, cancellationToken);
            span?.SetTag("recsys.cache.level", finding.IsCompleted ? "memory" : "redis");
            bool isThere = await budget.WaitAsync(finding, left, cancellationToken);
            span.Ended(isThere ? "hit" : "miss");
            if (isThere)
                return embedding;
            embedding.Dispose();
        }
        catch (TimeoutException)
        {
            // The read may still write to the buffer, so it is left to the collector. Nothing is lost but the tower's time: no label.
            span.Failed("timeout");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            span.Failed("failed", e);
            Log.EmbeddingCacheFailed(log, e);
        }

        return null;
    }

    private async ValueTask<RentedEmbedding?> EncodeAsync(
        Snapshot snapshot, FeatureSet features, History history, WorkPriority priority, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        TimeSpan left = budget.Left(priority == WorkPriority.Bulk ? options.BulkTowerBudget : options.TowerBudget);
        if (left <= TimeSpan.Zero)
        {
            degraded.Add(Components.UserTower, DegradationReason.Timeout, "No time was left to run the user tower.");
            return null;
        }

        var embedding = new RentedEmbedding(snapshot.Model.Dimension);
        using Activity? span = Spans.Begin(Log.Activities, "user_tower");
        long start = time.GetTimestamp();
        bool answered = false;
        try
        {
            UserTowerInput[] user = [new UserTowerInput(features, history.Known)];
            // The tower is told how long this waits, so that it declines at once what it could only answer later; the timer is for one that hangs.
            ValueTask<EncodeOutcome> encoding = snapshot.UserTower.EncodeAsync(user, embedding.Memory, new Urgency(priority, left), cancellationToken);
            EncodeOutcome outcome = await budget.WaitAsync(encoding, left, cancellationToken);
            answered = true;
            if (outcome == EncodeOutcome.Encoded)
            {
                metrics.TowerRan(time.GetElapsedTime(start), "ok");
                span.Ended("ok");
                return embedding;
            }

            embedding.Dispose();
            Declined(outcome, time.GetElapsedTime(start), degraded, span);
        }
        catch (TimeoutException)
        {
            metrics.TowerRan(time.GetElapsedTime(start), "timeout");
            span.Failed("timeout");
            degraded.Add(Components.UserTower, DegradationReason.Timeout, "The user tower did not answer within its budget.");
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.UserTowerFailed(log, snapshot.Model.FullVersion, e);
            metrics.TowerRan(time.GetElapsedTime(start), "error");
            span.Failed("error", e);
            degraded.Add(Components.UserTower, DegradationReason.Failed, "The user tower failed.");
        }
        finally
        {
            // A late tower may still read the history and write the embedding, so neither goes back to its pool.
            if (!answered)
                history.Abandon();
        }

        return null;
    }

    private void Declined(EncodeOutcome outcome, TimeSpan after, Degradations degraded, Activity? span)
    {
        if (outcome == EncodeOutcome.Late)
        {
            metrics.TowerRan(after, "late");
            span.Failed("late");
            degraded.Add(Components.UserTower, DegradationReason.Timeout, "The user tower is busy and could not have answered within its budget.");
        }
        else
        {
            metrics.TowerRan(after, "refused");
            span.Failed("refused");
            degraded.Add(Components.UserTower, DegradationReason.Unavailable, "Too many users wait for the user tower already.");
        }
    }
}
