using System.Diagnostics;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Batching;

/// <summary>
/// Runs calls on a device and forms batches without a timer: while the device is busy calls wait, and the next batch is what waits, up to the most rows.
/// <code>
///   call ── slot free, threads free? ── yes ─▶ run at once on the caller's thread ─▶ answer
///              │ no
///              ├─ room? ── no ─▶ Refused      in time? ── no ─▶ Late
///              ▼
///            two lines ─▶ (a slot falls free, a thread comes to it) ─▶ one batch of what waits ─▶ answers ─▶ again until both are empty
/// </code>
/// <list type="bullet">
/// <item>An idle batcher adds no delay, and a loaded one batches by itself. "Threads free" matters where cores are few: when other work waits for a thread, some of it is calls that will be here in a moment, and
/// running one row on the caller's thread would keep them from joining. The batch is then run behind them, on a thread for it. Where a run may hang, on a device of its own, calls never run on the caller's
/// thread, so that it holds up nobody for longer than his own patience.</item>
/// <item><b>Priorities</b>: interactive calls come first; beside them bulk work gets a quarter of each batch, so that it never starves; alone it gets all of a batch, of which the run is kept short
/// (<see cref="BatchLimits.MaxBulkRun"/>) for an interactive call may come meanwhile.</item>
/// <item><b>Turns</b>: a call takes a quarter of a batch at a time and then stands behind those that came meanwhile, so a large one delays nobody much.</item>
/// <item><b>Deadlines</b>: a call that would, by <see cref="RunTimes"/>, be answered after its patience has ended is told so at once; one that comes to its turn too late is dropped before anything is computed for it.
/// Estimates may be wrong, so an idle batcher runs a call although it is expected to be late, if nothing ran for ten times as long as that takes.</item>
/// <item><b>Cancelled calls</b> leave at once and hurt nobody: see <see cref="BatchedCall{TWork}"/>.</item>
/// </list>
/// Nothing is allocated once it is warm.
/// </summary>
internal sealed class ContinuousBatcher<TWork> : IQueueDepth, IDisposable
    where TWork : struct
{
    /// <summary>After so many times its length without a run, one is made that is expected to be late.</summary>
    private const int ProbePause = 10;

    /// <summary>For so many calls after work waited for a thread, each looks whether it still does.</summary>
    private const int Looks = 256;

    private readonly Lock _gate = new();
    private readonly IBatchRunner<TWork> _runner;
    private readonly BatchLimits _limits;
    private readonly BatchSizes _sizes;
    private readonly RunTimes _times;
    private readonly BatchMeters _meters;
    private readonly TimeProvider _time;
    private readonly Func<bool> _threadsAreFree;
    private readonly BatchLines<TWork> _lines;
    private readonly Stack<BatchedCall<TWork>> _recycled = new();
    private readonly BatchWorker<TWork>[] _workers;
    private readonly Stack<BatchWorker<TWork>> _free;
    private BatchedCall<TWork>? _spare;
    private long _lastRun;
    private int _looksLeft = Looks;
    private int _unlooked;
    private bool _disposed;

    /// <param name="name">For metrics; of a bounded set.</param>
    /// <param name="runner">What runs batches; the batcher releases it.</param>
    /// <param name="limits">How much at once, and how much may wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="threadsAreFree">Whether no work waits for a thread; the thread pool and <see cref="Resumptions"/> know when null.</param>
    public ContinuousBatcher(string name, IBatchRunner<TWork> runner, BatchLimits limits, TimeProvider time, Func<bool>? threadsAreFree = null)
    {
        Name = name;
        _runner = runner;
        _limits = limits;
        _time = time;
        _threadsAreFree = threadsAreFree ?? (static () => ThreadPool.PendingWorkItemCount == 0 && !Resumptions.IsFull);
        _sizes = BatchSizes.Of(runner);
        _times = new RunTimes(_sizes);
        _meters = new BatchMeters(name);
        _lines = new BatchLines<TWork>(limits, _times, time, runner.MaxBatch);
        _workers = new BatchWorker<TWork>[limits.Slots];
        for (int slot = 0; slot < _workers.Length; slot++)
            _workers[slot] = new BatchWorker<TWork>(this, runner, _sizes, _times, _meters, time, slot);
        _free = new Stack<BatchWorker<TWork>>(_workers);
        QueueDepths.Add(this);
    }

    public string Name { get; }

    /// <summary>Most rows of one run.</summary>
    public int MaxBatch => _sizes.MaxBatch;

    /// <summary>How long runs take.</summary>
    public RunTimes Times => _times;

    /// <summary>Has rows computed.</summary>
    /// <param name="work">The caller's rows and the place for their results, which are touched until the answer is there.</param>
    /// <param name="rows">How many, at least 1; more than a batch are cut.</param>
    /// <param name="urgency">Whose turn comes first, and how long an answer is of use.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ObjectDisposedException">The batcher is disposed of.</exception>
    public ValueTask<EncodeOutcome> RunAsync(in TWork work, int rows, Urgency urgency, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EncodeOutcome>(cancellationToken);
        BatchedCall<TWork> call = Rent();
        call.Prepare(_runner, work, rows, _lines.Turn);
        return SubmitAsync(call, urgency, cancellationToken);
    }

    /// <summary>Runs a job alone in its turn, that is with no batch beside it in its slot.</summary>
    /// <param name="job">The job. It owns what it touches: where its caller gives up meanwhile it goes on alone. What it throws its caller gets explained, as of any run.</param>
    /// <param name="rows">What it costs: as a batch of so many rows</param>
    /// <param name="length">of this length. Both are held within what the runner takes.</param>
    /// <param name="urgency">Whose turn comes first, and how long an answer is of use.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ObjectDisposedException">The batcher is disposed of.</exception>
    public ValueTask<EncodeOutcome> RunAloneAsync(Action job, int rows, int length, Urgency urgency, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EncodeOutcome>(cancellationToken);
        BatchedCall<TWork> call = Rent();
        call.Prepare(job, Math.Clamp(rows, 1, MaxBatch), Math.Clamp(length, 1, _runner.MaxLength));
        return SubmitAsync(call, urgency, cancellationToken);
    }

    /// <summary>Has rows computed on the calling thread, whatever else the process does. Its times are learned from, so this is how a load makes the batcher know its runner.</summary>
    /// <param name="work">As in <see cref="RunAsync"/>.</param>
    /// <param name="rows">1 to <see cref="MaxBatch"/>.</param>
    /// <exception cref="TowerException">The run failed.</exception>
    /// <exception cref="InvalidOperationException">All slots are in use.</exception>
    public void RunHere(in TWork work, int rows)
    {
        BatchedCall<TWork> call = Rent();
        call.Prepare(_runner, work, rows, _lines.Turn);
        long now = _time.GetTimestamp();
        call.SetUrgency(WorkPriority.Interactive, now, long.MaxValue, CancellationToken.None);
        BatchWorker<TWork>? worker;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_free.TryPop(out worker))
                throw new InvalidOperationException("The model is in use.");
            Begin(worker, now, _times.Estimate(rows, call.LongestRow));
            worker.Add(call, 0, rows);
        }

        ValueTask<EncodeOutcome> ran = RunHere(worker, call);
        Debug.Assert(ran.IsCompleted);
        ran.GetAwaiter().GetResult();
    }

    public long RowsWaiting(WorkPriority priority)
    {
        lock (_gate)
            return _lines.Of(priority).Rows;
    }

    /// <summary>Turns new calls away, fails those that wait, and releases the runner once the runs under way have ended.</summary>
    public void Dispose()
    {
        List<BatchedCall<TWork>> waiting;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            waiting = _lines.TakeAll();
            DisposeIfQuiet();
        }

        QueueDepths.Remove(this);
        foreach (BatchedCall<TWork> call in waiting)
        {
            call.TryDecide(default, new TowerException("The model was unloaded while the call waited for it."));
            call.Release();
        }
    }

    /// <summary>For a worker on a thread of its own: batches until nothing waits.</summary>
    internal void Serve(BatchWorker<TWork> worker)
    {
        while (TryTakeBatch(worker))
        {
            worker.Run();
            if (_limits.RunsOnCallers && !_threadsAreFree())
            {
                StandBack(worker);
                return;
            }
        }
    }

    /// <summary>Work waits for a thread, some of it callers that were just answered and will be here again: the next batch is run behind them, with them in it.</summary>
    private void StandBack(BatchWorker<TWork> worker)
    {
        lock (_gate)
            Learn(worker, worker.Ended);
        Send(worker);
    }

    /// <summary>Has a worker serve what waits on another thread: behind the calls that go on after their batch, or at once where its runs may hang and would hold those up.</summary>
    private void Send(BatchWorker<TWork> worker)
    {
        if (_limits.RunsOnCallers)
            Resumptions.Add(worker);
        else
            ThreadPool.UnsafeQueueUserWorkItem(worker, preferLocal: false);
    }

    /// <summary>Takes back a call that both sides are done with.</summary>
    internal void Recycle(BatchedCall<TWork> call)
    {
        if (Interlocked.CompareExchange(ref _spare, call, null) is null)
            return;
        lock (_gate)
            _recycled.Push(call);
    }

    /// <summary>A call was given up: its rows do not wait any more, though it still stands in its line until it is reached.</summary>
    internal void Forget(BatchedCall<TWork> call)
    {
        lock (_gate)
            _lines.Of(call.Priority).Forget(call);
    }

    /// <summary>Asks the thread pool, which takes a share of a microsecond, only of every fourth call while nothing has waited for a thread for some time.</summary>
    private bool ThreadsAreFree()
    {
        if (_looksLeft <= 0 && (++_unlooked & 3) != 0)
            return true;
        bool free = _threadsAreFree();
        // Several threads may count at once; a lost count changes nothing.
        _looksLeft = free ? _looksLeft - 1 : Looks;
        return free;
    }

    private BatchedCall<TWork> Rent()
    {
        if (Interlocked.Exchange(ref _spare, null) is { } spare)
            return spare;
        lock (_gate)
            return _recycled.TryPop(out BatchedCall<TWork>? used) ? used : new BatchedCall<TWork>(this);
    }

    private ValueTask<EncodeOutcome> SubmitAsync(BatchedCall<TWork> call, Urgency urgency, CancellationToken cancellationToken)
    {
        long now = _time.GetTimestamp();
        call.SetUrgency(urgency.Priority, now, urgency.Patience is { } patience ? _time.After(now, patience.TotalSeconds) : long.MaxValue, cancellationToken);
        bool mayRunHere = _limits.RunsOnCallers && call.Rows <= (call.Priority == WorkPriority.Bulk ? _lines.Turn : MaxBatch) && ThreadsAreFree();
        BatchWorker<TWork>? worker;
        EncodeOutcome admission;
        lock (_gate)
        {
            if (_disposed)
            {
                GiveBack(call);
                throw new ObjectDisposedException(GetType().Name, "The model was unloaded.");
            }

            admission = Admit(call, now, out worker);
            if (admission == EncodeOutcome.Encoded && worker is not null && mayRunHere)
            {
                Begin(worker, now, _times.Estimate(call.Rows, call.LongestRow));
                if (call.Job is null)
                    worker.Add(call, 0, call.Rows);
                else
                    worker.AddJob(call);
            }
            else if (admission == EncodeOutcome.Encoded)
            {
                mayRunHere = false;
                _lines.Of(call.Priority).Add(call);
            }
        }

        if (admission != EncodeOutcome.Encoded)
            return TurnAway(call, admission);
        if (mayRunHere)
            return RunHere(worker!, call);
        if (worker is not null)
            Send(worker);
        return call.Await();
    }

    /// <summary>Under the gate: whether a call is let in, and the free worker, if there is one, that will serve it.</summary>
    private EncodeOutcome Admit(BatchedCall<TWork> call, long now, out BatchWorker<TWork>? worker)
    {
        worker = null;
        if (!_lines.HasRoomFor(call))
            return EncodeOutcome.Refused;
        if (call.Deadline <= now)
            return EncodeOutcome.Late;
        if (call.Deadline != long.MaxValue && _times.Knows && _time.After(now, SecondsToAnswer(call, now)) > call.Deadline)
        {
            double alone = _times.Estimate(call.Rows, call.LongestRow);
            if (_free.Count == 0 || now < _time.After(_lastRun, ProbePause * alone))
                return EncodeOutcome.Late;
            call.IsProbe = true;
        }

        // Whoever falls free serves the lines first; where a worker is free and a call waits nevertheless, another worker is on its way to it.
        _free.TryPop(out worker);
        return EncodeOutcome.Encoded;
    }

    /// <summary>Under the gate: seconds until a call that comes now is answered, with caution.</summary>
    private double SecondsToAnswer(BatchedCall<TWork> call, long now)
    {
        double rest = double.MaxValue;
        foreach (BatchWorker<TWork> worker in _workers)
        {
            // A run that takes longer than it should is expected to take as long again as it is late by now, so a device that hangs is soon not waited for.
            long left = worker.ExpectedEnd == 0 ? 0 : Math.Abs(worker.ExpectedEnd - now);
            rest = Math.Min(rest, (double)left / _time.TimestampFrequency);
        }

        return rest + (_lines.SecondsToServe(call) / _workers.Length * _times.Caution);
    }

    private ValueTask<EncodeOutcome> TurnAway(BatchedCall<TWork> call, EncodeOutcome outcome)
    {
        if (outcome == EncodeOutcome.Refused)
            _meters.Refused(call.Priority);
        else
            _meters.Late(call.Priority, call.Rows, onArrival: true);
        GiveBack(call);
        return new ValueTask<EncodeOutcome>(outcome);
    }

    private static void GiveBack(BatchedCall<TWork> call)
    {
        call.Release();
        call.Release();
    }

    /// <summary>The idle path: one call, one batch, on the caller's thread.</summary>
    private ValueTask<EncodeOutcome> RunHere(BatchWorker<TWork> worker, BatchedCall<TWork> call)
    {
        call.AnswerInPlace();
        worker.Run();
        Free(worker);
        return call.TakeAnswer();
    }

    /// <summary>Takes the next batch out of the lines; false, and the worker is free again, when nothing waits.</summary>
    private bool TryTakeBatch(BatchWorker<TWork> worker)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            Learn(worker, now);
            _lines.TakeBatch(worker, now);
            if (worker.IsEmpty)
            {
                PutBack(worker);
                return false;
            }

            Begin(worker, now, worker.Rows == 0 ? 0 : _times.Estimate(worker.Rows, worker.Longest));
            return true;
        }
    }

    /// <summary>Under the gate: a worker begins a batch.</summary>
    private void Begin(BatchWorker<TWork> worker, long now, double seconds)
    {
        worker.Begin(now);
        worker.ExpectedEnd = Math.Max(_time.After(now, seconds), 1);
    }

    /// <summary>Under the gate: what a worker that has ended a batch has measured.</summary>
    private void Learn(BatchWorker<TWork> worker, long now)
    {
        if (worker.ExpectedEnd == 0)
            return;
        worker.ExpectedEnd = 0;
        _lastRun = now;
        foreach (BatchWorker<TWork>.Measured run in worker.Measurements)
            _times.Observe(run.RowSize, run.LengthSize, run.Seconds);
        worker.Measurements.Clear();
    }

    /// <summary>Gives a worker back, or sends it to serve what has come in meanwhile.</summary>
    private void Free(BatchWorker<TWork> worker)
    {
        lock (_gate)
        {
            Learn(worker, worker.Ended);
            if (_lines.IsEmpty)
            {
                PutBack(worker);
                return;
            }
        }

        Send(worker);
    }

    private void PutBack(BatchWorker<TWork> worker)
    {
        _free.Push(worker);
        DisposeIfQuiet();
    }

    private void DisposeIfQuiet()
    {
        if (_disposed && _free.Count == _workers.Length)
            _runner.Release();
    }
}
