using System.Diagnostics;
using System.Threading.Channels;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Comparison;

/// <summary>
/// Answers a share of the requests a second time, by another version than the active one, compares both slates and counts; nobody is given the second answer.
/// <list type="number">
/// <item>once a reply of the active version is made, its request is chosen by the hash of its id: the same ids on every replica</item>
/// <item>a chosen request goes to a bounded queue; where that is full it is dropped and counted, so serving never waits</item>
/// <item>a few workers answer from the queue, by a pipeline of their own: no cache of embeddings, users only as the process holds them, no metrics of serving, and behind people's requests in the towers</item>
/// <item>both slates are compared; a shadow that failed, or whose tower did, is counted and not compared</item>
/// </list>
/// A version that throws or hangs takes the workers, and then requests are dropped. Safe for concurrent use.
/// </summary>
public sealed class ShadowTraffic : IAsyncDisposable
{
    /// <summary>How long the shadow waits for its tower: nobody waits for the shadow, and behind others it may take long.</summary>
    private static readonly TimeSpan TowerPatience = TimeSpan.FromSeconds(1);

    private readonly ShadowPlan _plan;
    private readonly SnapshotRegistry _snapshots;
    private readonly RecommendationPipeline _pipeline;
    private readonly ShadowMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<ShadowTraffic> _log;
    private readonly Channel<Answered> _queue;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Task _working;
    private volatile ShadowTally? _tally;

    /// <param name="states">Where serving finds users.</param>
    /// <param name="keys">How ids of users become keys.</param>
    /// <param name="guards">Those of serving: both versions are held to them.</param>
    /// <param name="filters">Likewise.</param>
    public ShadowTraffic(ShadowPlan plan, SnapshotRegistry snapshots, IUserStates states, UserKeyRing keys, ShadowMetrics metrics, TimeProvider time, ILoggerFactory logs, GuardOptions? guards = null, FilterOptions? filters = null)
    {
        _plan = plan;
        _snapshots = snapshots;
        _metrics = metrics;
        _time = time;
        _log = logs.CreateLogger<ShadowTraffic>();
        _pipeline = new RecommendationPipeline(
            new HeldStates(states), cache: null, keys, new PipelineOptions { TowerBudget = TowerPatience, BulkTowerBudget = TowerPatience }, RecommendationMetrics.Unobserved, time, logs, guards: guards, filters: filters);
        _queue = Channel.CreateBounded<Answered>(new BoundedChannelOptions(plan.QueueLength) { SingleReader = plan.MaxInFlight == 1 });
        _working = plan.IsOn ? Task.WhenAll(Enumerable.Range(0, plan.MaxInFlight).Select(_ => Task.Run(WorkAsync))) : Task.CompletedTask;
    }

    /// <summary>The moment at which an answer begins, for <see cref="Offer"/>; costs nothing while there is no shadow.</summary>
    public long Begin() => _plan.IsOn ? _time.GetTimestamp() : 0;

    /// <summary>Hands over a request that was answered. Returns at once.</summary>
    /// <param name="answeredFrom">The snapshot that the reply was made from; others than the active one are not compared.</param>
    /// <param name="query">The request. Its lists are read later, so they must not change any more.</param>
    /// <param name="requestId">Decides whether the request is chosen.</param>
    /// <param name="reply">The reply.</param>
    /// <param name="begun">What <see cref="Begin"/> said.</param>
    public void Offer(Snapshot answeredFrom, RecommendQuery query, string requestId, RecommendReply reply, long begun)
    {
        if (!_plan.IsOn || !IsChosen(requestId))
            return;
        string active = answeredFrom.Model.FullVersion;
        // A slate that the active version made without its tower, or its ranking model, says nothing of it.
        if (!ReferenceEquals(answeredFrom, _snapshots.Active) || active == _plan.Version || LostItsTower(reply))
            return;
        ShadowTally tally = TallyOf(active);
        if (_queue.Writer.TryWrite(new Answered(query, reply, _time.GetElapsedTime(begun), tally)))
            return;
        tally.Dropped();
        _metrics.Counted(active, _plan.Version, "dropped");
    }

    /// <summary>The comparison of the active version with its shadow; null when there is no shadow, or nothing has been chosen yet.</summary>
    public ShadowReport? Report() => _tally?.Report(_plan);

    /// <summary>Ends the workers; what waits is given up. Waits for what is under way, but not for a version that hangs.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await _stopping.CancelAsync();
        // What hangs keeps its lease, and must not keep the server from delivering what it owes others.
        await _working.WaitAsync(TowerPatience, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        // Whoever wants to wait has stopped before.
        await StopAsync(new CancellationToken(canceled: true));
    }

    private async Task WorkAsync()
    {
        var comparer = new SlateComparer();
        try
        {
            await foreach (Answered answered in _queue.Reader.ReadAllAsync(_stopping.Token))
                await AnswerAgainAsync(answered, comparer);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // That is the end.
        }
    }

    private async ValueTask AnswerAgainAsync(Answered answered, SlateComparer comparer)
    {
        ShadowTally tally = answered.Tally;
        try
        {
            if (_snapshots.Acquire(_plan.Version) is { } lease)
            {
                using SnapshotLease held = lease;
                using Activity? span = Log.Activities.StartActivity("shadow");
                long begun = _time.GetTimestamp();
                RecommendReply reply = await _pipeline.RecommendAsync(held.Snapshot, AskedAgain(answered.Query), _stopping.Token);
                TimeSpan took = _time.GetElapsedTime(begun);
                if (!LostItsTower(reply))
                {
                    SlateSimilarity similarity = comparer.Compare(answered.Reply.Items, reply.Items);
                    tally.Compared(similarity, answered.Took, took);
                    _metrics.Compared(tally.ActiveVersion, _plan.Version, similarity, answered.Took, took);
                    _metrics.Counted(tally.ActiveVersion, _plan.Version, "compared");
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            Log.ShadowFailed(_log, _plan.Version, e);
        }

        tally.Failed();
        _metrics.Counted(tally.ActiveVersion, _plan.Version, "failed");
    }

    /// <summary>From the other end of the line than the canary takes its share: requests of nobody are placed by the same id there, and would all be the canary's.</summary>
    private bool IsChosen(string requestId) => TrafficSplit.PlaceOf(requestId) >= 1 - _plan.Share;

    private static RecommendQuery AskedAgain(RecommendQuery query) => new()
    {
        UserId = query.UserId,
        Context = query.Context,
        RecentItemIds = query.RecentItemIds,
        ExcludedItemIds = query.ExcludedItemIds,
        AllowedItemIds = query.AllowedItemIds,
        Filter = query.Filter,
        Surface = query.Surface,
        Slate = query.Slate,
        Limit = query.Limit,
        IncludeSeen = query.IncludeSeen,
        Page = query.Page,
        Retrievers = query.Retrievers,
        Priority = WorkPriority.Bulk,
    };

    /// <summary>Whether a model that the slate should have come from was late, busy or broken.</summary>
    private static bool LostItsTower(RecommendReply reply)
    {
        for (int i = 0; i < reply.Degraded.Count; i++)
        {
            if (reply.Degraded[i].Component is Components.UserTower or Components.Ranker)
                return true;
        }

        return false;
    }

    private ShadowTally TallyOf(string active)
    {
        if (_tally is { } tally && tally.ActiveVersion == active)
            return tally;
        lock (_lock)
            return _tally is { } now && now.ActiveVersion == active ? now : _tally = new ShadowTally(active, _time.GetUtcNow());
    }

    /// <summary>A request that waits to be answered again.</summary>
    private readonly record struct Answered(RecommendQuery Query, RecommendReply Reply, TimeSpan Took, ShadowTally Tally);
}
