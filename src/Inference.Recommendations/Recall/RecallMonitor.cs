using System.Collections.Concurrent;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Recall;

/// <summary>
/// Measures the recall of the indexes that serve, on real searches.
/// <list type="number">
/// <item>Each search has a number, and the number's hash decides whether it is chosen: nothing of the request has a say. Whether there is room and time for a check is decided before the search, too.</item>
/// <item>A chosen search is copied with its filter, what it found and the moment of the index, and goes to a bounded queue, which holds its snapshot. Serving never waits.</item>
/// <item>One thread, which stands back behind all others, answers it again by <see cref="RecallCheck"/>, and keeps to its share of a core (<see cref="ProcessorBudget"/>). What does not fit is dropped and counted.</item>
/// <item>The version's <see cref="RecallState"/> takes the measure in, and raises or ends the alarm.</item>
/// </list>
/// Safe for concurrent use.
/// </summary>
public sealed class RecallMonitor : IDisposable
{
    private readonly RecallOptions _options;
    private readonly RecallMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RecallMonitor> _log;
    private readonly Func<TimeSpan> _processorTime;
    private readonly ProcessorBudget _budget;
    private readonly RecallCheck _check;
    private readonly BlockingCollection<RecallSample> _queue;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ulong _chosenBelow;
    private long _searches;
    private volatile bool _isStopping;
    private volatile bool _isStarted;

    /// <param name="processorTime">Processor time of the calling thread; null for the system's.</param>
    public RecallMonitor(RecallOptions options, RecallMetrics metrics, TimeProvider time, ILogger<RecallMonitor> log, Func<TimeSpan>? processorTime = null)
    {
        (_options, _metrics, _time, _log) = (options, metrics, time, log);
        _processorTime = processorTime ?? (static () => ThreadClock.Now);
        _budget = new ProcessorBudget(options.ProcessorShare, time);
        _check = new RecallCheck(options.Truth);
        _queue = new BlockingCollection<RecallSample>(options.QueueLength);
        _chosenBelow = options.Share >= 1 ? ulong.MaxValue : (ulong)(options.Share * ulong.MaxValue);
    }

    /// <summary>Whether anything is measured.</summary>
    public bool IsOn => _options.Share > 0;

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        if (!IsOn || _isStarted)
            return;
        _isStarted = true;
        new Thread(Work) { IsBackground = true, Name = "recall check" }.Start();
    }

    /// <summary>What was measured of a version; null where nothing has been searched yet, or nothing is measured.</summary>
    public RecallReport? Report(Snapshot snapshot) => IsOn ? snapshot.Recall?.Report() : null;

    /// <summary>Ends the thread: what waits is given up, and the check under way within a piece of rows. Waits for it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_isStopping)
        {
            _isStopping = true;
            _queue.CompleteAdding();
        }

        if (_isStarted)
            await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else
            GiveUpWaiting();
    }

    /// <summary>Ends the thread without waiting for it.</summary>
    public void Dispose() => _ = StopAsync(new CancellationToken(canceled: true));

    /// <summary>What is known of a version.</summary>
    internal RecallState StateOf(Snapshot snapshot) => snapshot.Recall ?? snapshot.RecallOr(new RecallState(snapshot.Model.FullVersion, _options, _time));

    /// <summary>To be called before a search: whether it is chosen, and the moment.</summary>
    internal RecallProbe Begin(Snapshot snapshot)
    {
        if (_chosenBelow == 0)
            return default;
        ulong number = (ulong)Interlocked.Increment(ref _searches);
        if (_chosenBelow != ulong.MaxValue && Mix(number) >= _chosenBelow)
            return default;
        // Here and not when its check comes, for by then it would matter what the search is.
        if (_isStopping || _queue.Count >= _options.QueueLength)
            return Drop(snapshot, "queue_full");
        return _budget.HasCredit ? new RecallProbe(true, snapshot.Index.Now) : Drop(snapshot, "over_budget");
    }

    /// <summary>To be called after a search that was chosen. Returns at once.</summary>
    /// <param name="probe">What <see cref="Begin"/> said.</param>
    /// <param name="snapshot">Leased by the caller.</param>
    /// <param name="query">What was searched for.</param>
    /// <param name="found">What was found, best first.</param>
    /// <param name="wanted">How many were wanted.</param>
    /// <param name="filter">What could be found; the caller's.</param>
    /// <param name="isScan">Whether a scan answered instead of the index.</param>
    internal void Offer(in RecallProbe probe, Snapshot snapshot, ReadOnlySpan<float> query, ReadOnlySpan<Neighbor> found, int wanted, RowFilter filter, bool isScan)
    {
        if (!probe.IsChosen || wanted == 0 || !snapshot.TryHold())
            return;
        var rows = new int[isScan ? 0 : found.Length];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = found[i].Row;
        var sample = new RecallSample(snapshot, query.ToArray(), rows, wanted, RowFilter.Of(filter.Allowed?.Copy(), filter.Denied?.Copy()), probe.Moment, isScan);
        try
        {
            if (_queue.TryAdd(sample))
                return;
        }
        catch (InvalidOperationException)
        {
            // It was completed since: the server ends.
        }

        sample.Dispose();
        Drop(snapshot, "queue_full");
    }

    /// <summary>Counts a search that a scan answered.</summary>
    internal void Scanned(Snapshot snapshot) => _metrics.Scanned(snapshot.Model.FullVersion);

    /// <summary>Does the check of the sample that has waited longest; false when none waits.</summary>
    internal bool CheckNext()
    {
        if (!_queue.TryTake(out RecallSample? sample))
            return false;
        Check(sample);
        return true;
    }

    /// <summary>The finalizer of MurmurHash3 over the Weyl sequence of SplitMix64: neighbouring numbers are drawn independently.</summary>
    private static ulong Mix(ulong number)
    {
        ulong z = number * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private RecallProbe Drop(Snapshot snapshot, string outcome)
    {
        StateOf(snapshot).Dropped();
        _metrics.Counted(snapshot.Model.FullVersion, outcome);
        return default;
    }

    private void Work()
    {
        ThreadNiceness.Lower(ThreadNiceness.Last);
        try
        {
            foreach (RecallSample sample in _queue.GetConsumingEnumerable())
                Check(sample);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void Check(RecallSample sample)
    {
        using RecallSample held = sample;
        Snapshot snapshot = sample.Snapshot;
        string version = snapshot.Model.FullVersion;
        if (_isStopping || snapshot.IsRetired)
            return;
        if (!_budget.HasCredit)
        {
            Drop(snapshot, "over_budget");
            return;
        }

        RecallState state = StateOf(snapshot);
        long start = _time.GetTimestamp();
        TimeSpan before = _processorTime();
        try
        {
            if (_check.Run(sample, start, () => _isStopping || snapshot.IsRetired) is not { } measure)
            {
                _metrics.Counted(version, "given_up");
                return;
            }

            _metrics.Checked(version, _time.GetElapsedTime(start), _processorTime() - before);
            if (state.Add(measure, _check.IsAgainstEmbeddings))
                Tell(state);
        }
        catch (Exception e)
        {
            // Whatever it is, the next search is checked, and nobody is served any worse.
            state.Failed();
            _metrics.Counted(version, "failed");
            Log.RecallCheckFailed(_log, version, e);
        }
        finally
        {
            _budget.Spend(_processorTime() - before);
        }
    }

    private void Tell(RecallState state)
    {
        if (state.Alarm is { } alarm)
            Log.RecallLow(_log, state.Version, alarm.Detail);
        else
            Log.RecallRestored(_log, state.Version, state.Report().Overall.ToString());
    }

    private void GiveUpWaiting()
    {
        while (_queue.TryTake(out RecallSample? sample))
            sample.Dispose();
    }
}
