using System.Threading.Tasks.Sources;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Runtime;

/// <summary>
/// A call that waits for its turn at a tower, and the task that its caller awaits. It is reused once both sides, the caller and the runner, are done with it.
/// <list type="bullet">
/// <item>queued: a cancellation ends it at once, and the runner passes over it</item>
/// <item>encoding: the runner reads the caller's memory, so a cancellation waits the microseconds that it takes</item>
/// <item>running: the runner works on its own buffers; a cancellation ends the call, and the result is thrown away</item>
/// <item>done, cancelled: the caller has its answer, and nothing of its memory is touched any more</item>
/// </list>
/// </summary>
internal sealed class QueuedRows<TInput> : IValueTaskSource
    where TInput : struct
{
    private const int Queued = 0, Encoding = 1, Running = 2, Done = 3, Cancelled = 4;

    private readonly Action<QueuedRows<TInput>> _recycle;
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;
    private Memory<float> _embeddings;
    private int _state;
    private int _holders;
    private bool _cancelAfterEncoding;

    public QueuedRows(Action<QueuedRows<TInput>> recycle) => _recycle = recycle;

    public ReadOnlyMemory<TInput> Rows { get; private set; }

    /// <summary>Its first row in the batch under way.</summary>
    public int FirstRow { get; set; }

    /// <summary>Takes a call in; follow with <see cref="Await"/> once it is in the queue.</summary>
    public void Prepare(ReadOnlyMemory<TInput> rows, Memory<float> embeddings, CancellationToken cancellationToken)
    {
        Rows = rows;
        _embeddings = embeddings;
        _cancellationToken = cancellationToken;
        _cancelAfterEncoding = false;
        _holders = 2;
        Volatile.Write(ref _state, Queued);
    }

    /// <summary>The task for the caller.</summary>
    public ValueTask Await()
    {
        var task = new ValueTask(this, _core.Version);
        // The runner may be done already; a registration on a finished call does nothing until the caller takes the result and ends it.
        _registration = _cancellationToken.UnsafeRegister(static call => ((QueuedRows<TInput>)call!).Cancel(), this);
        return task;
    }

    /// <summary>The runner begins to read the caller's memory; false when the caller has given up.</summary>
    public bool TryBeginEncoding() =>
        Interlocked.CompareExchange(ref _state, Encoding, Queued) == Queued || Interlocked.CompareExchange(ref _state, Encoding, Running) == Running;

    /// <summary>The runner has read the caller's memory.</summary>
    public void EndEncoding()
    {
        Interlocked.Exchange(ref _state, Running);
        if (Volatile.Read(ref _cancelAfterEncoding))
            Cancel();
    }

    /// <summary>Hands the embeddings to the caller, unless it has given up.</summary>
    public void Complete(BatchSlot slot)
    {
        if (Interlocked.CompareExchange(ref _state, Done, Running) != Running)
            return;
        if (slot.TryCopyEmbeddings(FirstRow, Rows.Length, _embeddings.Span))
            _core.SetResult(true);
        else
            _core.SetException(new TowerException("The tower's output is not finite."));
    }

    /// <summary>Tells the caller of a failure, unless it has given up.</summary>
    public void Fail(Exception exception)
    {
        int state = Volatile.Read(ref _state);
        while (state is not (Done or Cancelled))
        {
            int seen = Interlocked.CompareExchange(ref _state, Done, state);
            if (seen == state)
            {
                _core.SetException(exception);
                return;
            }

            state = seen;
        }
    }

    /// <summary>The runner has no more use for it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        Rows = default;
        _embeddings = default;
        _cancellationToken = default;
        _registration = default;
        _core.Reset();
        _recycle(this);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The embeddings are awaited, not asked for.");
        // Waits for a cancellation under way, so that it cannot reach the next use of this object.
        _registration.Dispose();
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    private void Cancel()
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Queued) != Queued)
        {
            // Set before looking for Running: whichever side comes second, this one here or EndEncoding, sees the other's mark.
            Volatile.Write(ref _cancelAfterEncoding, true);
            Interlocked.MemoryBarrier();
            if (Interlocked.CompareExchange(ref _state, Cancelled, Running) != Running)
                return;
        }

        _core.SetException(new OperationCanceledException(_cancellationToken));
    }
}
