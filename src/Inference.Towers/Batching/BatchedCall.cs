using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Inference.Recommendations;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Batching;

/// <summary>
/// A call in a <see cref="ContinuousBatcher{TWork}"/>, and the task that its caller awaits. It is used again once both sides, the caller and the batcher, are done with it.
/// <para>
/// The caller gets its memory back with its answer, whatever the answer is, so whoever reads or writes that memory says so before and after (<see cref="TryTouch"/>,
/// <see cref="Untouch"/>), and an answer that is decided meanwhile, a cancellation for example, is given by the last one to leave. That is the microseconds of copying a row, never a run.
/// </para>
/// <para>
/// Its caller goes on as a work item of the pool's common queue. In the queue of the worker's own thread, where continuations go by default, it would wait until that thread has no batch to run, or another
/// thread nothing else to do: for as long as an overload lasts.
/// </para>
/// </summary>
internal sealed class BatchedCall<TWork> : IValueTaskSource<EncodeOutcome>, IThreadPoolWorkItem
    where TWork : struct
{
    /// <summary>Set in <see cref="_state"/> once the answer is decided; below it the state counts who touches the caller's memory.</summary>
    private const int Decided = 1 << 30;

    /// <summary>Largest calls whose tables are kept for the next one.</summary>
    private const int MaxKeptRows = 4096;

    private readonly ContinuousBatcher<TWork> _batcher;
    private ManualResetValueTaskSourceCore<EncodeOutcome> _core = new() { RunContinuationsAsynchronously = false };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;
    private TWork _work;
    private int[] _lengths = [];
    private int[] _order = [];
    private int _length;
    private bool _hasLengths;
    private bool _hasOrder;
    private bool _isInPlace;
    private int _state;
    private int _holders;
    private int _unwritten;
    private Action<object?>? _continuation;
    private object? _continuationState;
    private ExecutionContext? _context;
    private EncodeOutcome _outcome;
    private Exception? _failure;

    public BatchedCall(ContinuousBatcher<TWork> batcher) => _batcher = batcher;

    /// <summary>The caller's rows; touched only between <see cref="TryTouch"/> and <see cref="Untouch"/>.</summary>
    public ref readonly TWork Work => ref _work;

    /// <summary>Something to be run alone, instead of rows; it owns what it touches.</summary>
    public Action? Job { get; private set; }

    public WorkPriority Priority { get; private set; }

    /// <summary>Timestamp after which an answer is of no use.</summary>
    public long Deadline { get; private set; }

    /// <summary>Timestamp of its arrival.</summary>
    public long Arrived { get; private set; }

    /// <summary>The caller's span; null where it is not traced.</summary>
    public Activity? Span { get; private set; }

    public int Rows { get; private set; }

    /// <summary>The padded length of an average row.</summary>
    public int MeanLength { get; private set; }

    /// <summary>Its longest row.</summary>
    public int LongestRow { get; private set; }

    /// <summary>How many rows have been given to batches. Under the batcher's gate, as all below.</summary>
    public int Taken { get; set; }

    /// <summary>Whether it stands in a line, and counts there.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether it runs although it is expected to be late, because that has to be seen from time to time.</summary>
    public bool IsProbe { get; set; }

    /// <summary>Whether its answer is decided already.</summary>
    public bool IsDecided => (Volatile.Read(ref _state) & Decided) != 0;

    /// <summary>Takes a call in.</summary>
    /// <param name="turn">Most rows that a call gets in one turn; the rows of larger calls are put into the order of their lengths, so that each turn has rows of about the same.</param>
    public void Prepare(IBatchRunner<TWork> runner, in TWork work, int rows, int turn)
    {
        Begin(rows);
        _work = work;
        _hasLengths = _hasOrder = false;
        if (runner.MaxLength == 1 || rows == 1)
        {
            _length = LongestRow = runner.MaxLength == 1 ? 1 : runner.LengthOf(work, 0);
            MeanLength = runner.PaddedLength(_length);
            return;
        }

        if (_lengths.Length < rows)
            _lengths = new int[rows];
        long padded = 0;
        int longest = 1, shortest = int.MaxValue;
        for (int row = 0; row < rows; row++)
        {
            int length = _lengths[row] = runner.LengthOf(work, row);
            padded += runner.PaddedLength(length);
            longest = Math.Max(longest, length);
            shortest = Math.Min(shortest, length);
        }

        _length = LongestRow = longest;
        _hasLengths = longest != shortest;
        MeanLength = (int)((padded + rows - 1) / rows);
        if (_hasLengths && rows > turn)
            SortByLength(rows);
    }

    /// <summary>Takes a job in that is run alone.</summary>
    /// <param name="rows">What it costs: as a batch of so many rows</param>
    /// <param name="length">of this length.</param>
    public void Prepare(Action job, int rows, int length)
    {
        Begin(rows);
        Job = job;
        _length = LongestRow = MeanLength = length;
        _hasLengths = _hasOrder = false;
        _unwritten = 1;
    }

    public void SetUrgency(WorkPriority priority, long arrived, long deadline, CancellationToken cancellationToken)
    {
        Priority = priority;
        Arrived = arrived;
        Deadline = deadline;
        _cancellationToken = cancellationToken;
        Span = Spans.AreWanted(Log.Activities) ? Activity.Current : null;
    }

    /// <summary>The row, and its length, at a place in the order in which rows are served.</summary>
    public (int Row, int Length) RowAt(int place)
    {
        int row = _hasOrder ? _order[place] : place;
        return (row, _hasLengths ? _lengths[place] : _length);
    }

    /// <summary>The task for the caller, once the call stands in a line.</summary>
    public ValueTask<EncodeOutcome> Await()
    {
        var task = new ValueTask<EncodeOutcome>(this, _core.Version);
        // It may be answered already; a registration on such a call does nothing until the caller takes the result and ends it.
        _registration = _cancellationToken.UnsafeRegister(static call => ((BatchedCall<TWork>)call!).Cancel(), this);
        return task;
    }

    /// <summary>Says that one thread does all that is done with the call and takes the answer by <see cref="TakeAnswer"/>: nobody awaits it, and nothing of it needs to be atomic.</summary>
    public void AnswerInPlace() => _isInPlace = true;

    /// <summary>The answer of a call that was served on its caller's thread.</summary>
    public ValueTask<EncodeOutcome> TakeAnswer()
    {
        Exception? failure = _failure;
        EncodeOutcome outcome = _outcome;
        Release();
        return failure is null ? new ValueTask<EncodeOutcome>(outcome) : ValueTask.FromException<EncodeOutcome>(failure);
    }

    /// <summary>Begins to touch the caller's memory; false when the caller has, or is about to get, its answer.</summary>
    public bool TryTouch()
    {
        int state = Volatile.Read(ref _state);
        if (_isInPlace)
            return state == 0;
        while ((state & Decided) == 0)
        {
            int seen = Interlocked.CompareExchange(ref _state, state + 1, state);
            if (seen == state)
                return true;
            state = seen;
        }

        return false;
    }

    /// <summary>Ends to touch the caller's memory.</summary>
    public void Untouch()
    {
        if (!_isInPlace && Interlocked.Decrement(ref _state) == Decided)
            Answer();
    }

    /// <summary>One more row has its result; the last one is the answer.</summary>
    public void RowWritten()
    {
        if ((_isInPlace ? --_unwritten : Interlocked.Decrement(ref _unwritten)) == 0)
            TryDecide(EncodeOutcome.Encoded, null);
    }

    /// <summary>Decides the answer, unless it is decided already.</summary>
    public bool TryDecide(EncodeOutcome outcome, Exception? failure)
    {
        int state = Volatile.Read(ref _state);
        if (_isInPlace && state == 0)
        {
            (_state, _outcome, _failure) = (Decided, outcome, failure);
            return true;
        }

        while ((state & Decided) == 0)
        {
            // Whoever decides counts as touching, so that nobody gives the answer before it is written down.
            int seen = Interlocked.CompareExchange(ref _state, (state + 1) | Decided, state);
            if (seen == state)
            {
                _outcome = outcome;
                _failure = failure;
                Untouch();
                return true;
            }

            state = seen;
        }

        return false;
    }

    /// <summary>One more has use for the object.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>One, of the caller and whoever holds it, has no more use for the object.</summary>
    public void Release()
    {
        if ((_isInPlace ? --_holders : Interlocked.Decrement(ref _holders)) > 0)
            return;
        _work = default;
        Job = null;
        Span = null;
        _failure = null;
        _cancellationToken = default;
        _registration = default;
        if (_lengths.Length > MaxKeptRows)
            _lengths = _order = [];
        _core.Reset();
        _batcher.Recycle(this);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0 && (SynchronizationContext.Current is not null || TaskScheduler.Current != TaskScheduler.Default))
        {
            // Goes on where its caller wants to.
            _core.OnCompleted(continuation, state, token, flags);
            return;
        }

        _continuation = continuation;
        _continuationState = state;
        _context = (flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0 ? ExecutionContext.Capture() : null;
        _core.OnCompleted(static call => Resumptions.Add((BatchedCall<TWork>)call!), this, token, ValueTaskSourceOnCompletedFlags.None);
    }

    /// <summary>The caller goes on.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        Action<object?> continuation = _continuation!;
        object? state = _continuationState;
        ExecutionContext? context = _context;
        // From here on the object is its next caller's as soon as this one has taken the result.
        (_continuation, _continuationState, _context) = (null, null, null);
        if (context is null)
            continuation(state);
        else
            ExecutionContext.Run(context, new ContextCallback(continuation), state);
    }

    public EncodeOutcome GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The answer is awaited, not asked for.");
        // Waits for a cancellation under way, so that it cannot reach the next use of this object.
        _registration.Dispose();
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    private void Begin(int rows)
    {
        Rows = _unwritten = rows;
        Taken = 0;
        IsQueued = IsProbe = false;
        _isInPlace = false;
        // The caller and the line, or the caller and the batch that it is served in at once.
        _holders = 2;
        Volatile.Write(ref _state, 0);
    }

    private void SortByLength(int rows)
    {
        if (_order.Length < rows)
            _order = new int[rows];
        Span<int> order = _order.AsSpan(0, rows);
        for (int row = 0; row < rows; row++)
            order[row] = row;
        _lengths.AsSpan(0, rows).Sort(order);
        _hasOrder = true;
    }

    private void Answer()
    {
        if (_failure is null)
            _core.SetResult(_outcome);
        else
            _core.SetException(_failure);
    }

    private void Cancel()
    {
        if (TryDecide(default, new OperationCanceledException(_cancellationToken)))
            _batcher.Forget(this);
    }
}
