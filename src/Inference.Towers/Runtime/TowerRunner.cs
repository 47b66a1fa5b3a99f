using System.Diagnostics;
using System.Runtime.InteropServices;
using Inference.Recommendations.Ports;
using Inference.Towers.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>
/// Runs a tower and forms batches without a timer: while the tower is busy calls wait, and the next batch is what waits, up to the most rows.
/// <code>
///   call ── slot free, threads free? ── yes ─▶ run at once on the caller's thread ─▶ answer
///              │ no
///              ▼
///            queue ─▶ (a slot falls free, a thread comes to it) ─▶ one batch of all that waits ─▶ answers ─▶ again until the queue is empty
/// </code>
/// So an idle tower adds no delay, and a loaded one batches by itself. "Threads free" matters where cores are few: when other work waits for a thread, some of it is calls
/// that will want this tower in a moment, and running one row on the caller's thread would keep them from joining. The batch is then run by a work item behind them
/// (TowerEncodeBenchmarks: 64 calls at once on two cores take 0.2 instead of 1 ms). On a device calls never run on the caller's thread, so that one that hangs holds up
/// nobody for longer than his own patience.
/// </summary>
internal sealed class TowerRunner<TInput, TSource> : IDisposable
    where TInput : struct
    where TSource : IRowSource<TInput>
{
    private readonly Lock _gate = new();
    private readonly Queue<QueuedRows<TInput>> _queue = new();
    private readonly Stack<QueuedRows<TInput>> _recycled = new();
    private readonly Stack<Worker> _free;
    private readonly Worker[] _workers;
    private readonly TowerModel _model;
    private readonly TowerShape _shape;
    private readonly int _maxQueuedRows;
    private readonly Func<bool> _threadsAreFree;
    private readonly KeyValuePair<string, object?> _tag;
    private int _queuedRows;
    private bool _disposed;

    /// <param name="name">"user" or "item", for metrics and messages.</param>
    /// <param name="model">The model; the runner disposes it.</param>
    /// <param name="shape">Its inputs and output.</param>
    /// <param name="options">How many runs at once and how long the queue.</param>
    /// <param name="threadsAreFree">Whether no work waits for a thread; the thread pool knows when null.</param>
    public TowerRunner(string name, TowerModel model, TowerShape shape, TowerOptions options, Func<bool>? threadsAreFree = null)
    {
        _threadsAreFree = threadsAreFree ?? (static () => ThreadPool.PendingWorkItemCount == 0);
        _model = model;
        _shape = shape;
        _maxQueuedRows = options.MaxQueuedRows;
        _tag = new KeyValuePair<string, object?>("tower", name);
        _workers = new Worker[options.ConcurrentRuns];
        for (int i = 0; i < _workers.Length; i++)
            _workers[i] = new Worker(this, new BatchSlot(model, shape));
        _free = new Stack<Worker>(_workers);
        Raw = new RawTower(model, shape, RunAloneAsync);
    }

    /// <summary>The graph beneath.</summary>
    public RawTower Raw { get; }

    /// <summary>Most rows of one run.</summary>
    public int MaxBatch => _shape.MaxBatch;

    /// <summary>The providers that the tower runs on.</summary>
    public IReadOnlyList<string> Providers => _model.Providers;

    /// <summary>Which provider was wanted, which one it became, and why.</summary>
    public ProviderUse ProviderUse => _model.Use;

    /// <summary>The sizes that runs have, padding included, ascending: each has buffers and memory of its own in the runtime.</summary>
    public IEnumerable<int> RunSizes => Enumerable.Range(1, MaxBatch).Select(_shape.RowsFor).Distinct();

    /// <summary>Most items of a history that the tower reads; 0 for one that reads none.</summary>
    public int MaxHistory => _shape.History?.MaxLength ?? 0;

    /// <summary>Whether the tower may run on another device than the CPU.</summary>
    public bool UsesDevice => _model.UsesDevice;

    /// <summary>As <see cref="IUserTower.EncodeAsync"/>.</summary>
    public ValueTask EncodeAsync(ReadOnlyMemory<TInput> rows, Memory<float> embeddings, CancellationToken cancellationToken)
    {
        if (rows.IsEmpty)
            throw new ArgumentException("There is nothing to encode.", nameof(rows));
        if (embeddings.Length != (long)rows.Length * _shape.Dimension)
            throw new ArgumentException($"{rows.Length} rows of {_shape.Dimension} dimensions do not fit {embeddings.Length} places exactly.", nameof(embeddings));
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        return rows.Length > MaxBatch ? EncodeSlicesAsync(rows, embeddings, cancellationToken) : EncodeBatchAsync(rows, embeddings, cancellationToken);
    }

    /// <summary>Encodes on the calling thread, whatever else the process does: for the load of a bundle, whose towers nobody else uses yet and whose threads stand back behind requests.</summary>
    /// <param name="rows">At least one; large calls are cut.</param>
    /// <param name="embeddings">Rows × dimension places.</param>
    /// <exception cref="TowerException">The model failed or gave numbers that are not finite.</exception>
    /// <exception cref="InvalidOperationException">The tower is in use.</exception>
    public void EncodeHere(ReadOnlySpan<TInput> rows, Span<float> embeddings)
    {
        for (int start = 0; start < rows.Length; start += MaxBatch)
        {
            int count = Math.Min(MaxBatch, rows.Length - start);
            Worker? worker;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (!_free.TryPop(out worker))
                    throw new InvalidOperationException("The tower is in use.");
            }

            ValueTask ran = RunNow(worker, rows.Slice(start, count), embeddings.Slice(start * _shape.Dimension, count * _shape.Dimension));
            Debug.Assert(ran.IsCompleted);
            ran.GetAwaiter().GetResult();
        }
    }

    /// <summary>A slot of a load's own, so that several threads encode at once; null on a device, which runs one batch at a time whoever asks.</summary>
    public LoadingSlot<TInput, TSource>? OpenSlot() => _model.UsesDevice ? null : new LoadingSlot<TInput, TSource>(_model, _shape);

    /// <summary>Makes the runs under way, and all later ones, fail. For a load that takes too long.</summary>
    public void Terminate()
    {
        foreach (Worker worker in _workers)
            worker.Slot.Terminate();
    }

    /// <summary>Turns new calls away, fails those that wait, and lets the model go once the runs under way have ended.</summary>
    public void Dispose()
    {
        QueuedRows<TInput>[] waiting;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            waiting = [.. _queue];
            _queue.Clear();
            _queuedRows = 0;
            DisposeIfQuiet();
        }

        foreach (QueuedRows<TInput> call in waiting)
        {
            call.Fail(new TowerException("The tower was unloaded while the call waited for it."));
            call.Release();
        }
    }

    /// <summary>Large calls go batch by batch through the queue like everybody else's, so that they do not keep the tower for themselves.</summary>
    private async ValueTask EncodeSlicesAsync(ReadOnlyMemory<TInput> rows, Memory<float> embeddings, CancellationToken cancellationToken)
    {
        for (int start = 0; start < rows.Length; start += MaxBatch)
        {
            int count = Math.Min(MaxBatch, rows.Length - start);
            await EncodeBatchAsync(rows.Slice(start, count), embeddings.Slice(start * _shape.Dimension, count * _shape.Dimension), cancellationToken);
        }
    }

    private ValueTask<EncodeOutcome> RunAloneAsync(Action job, int rows, int length, Urgency urgency, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EncodeOutcome>(cancellationToken);
        try
        {
            job();
            return ValueTask.FromResult(EncodeOutcome.Encoded);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<EncodeOutcome>(Failed(e));
        }
    }

    private ValueTask EncodeBatchAsync(ReadOnlyMemory<TInput> rows, Memory<float> embeddings, CancellationToken cancellationToken)
    {
        Worker? worker = null;
        QueuedRows<TInput>? call = null;
        bool mayRunHere = !_model.UsesDevice && _threadsAreFree();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // Whoever falls free serves the queue first, so a free worker means an empty queue.
            if (_free.TryPop(out worker) && mayRunHere)
            {
                Debug.Assert(_queue.Count == 0);
            }
            else if (_queuedRows + rows.Length > _maxQueuedRows)
            {
                if (worker is not null)
                    _free.Push(worker);
                TowerMetrics.Rejected.Add(1, _tag);
                return ValueTask.FromException(new TowerException($"{_queuedRows} rows wait for the tower already; {_maxQueuedRows} may."));
            }
            else
            {
                call = _recycled.TryPop(out QueuedRows<TInput>? used) ? used : new QueuedRows<TInput>(Recycle);
                call.Prepare(rows, embeddings, cancellationToken);
                _queue.Enqueue(call);
                _queuedRows += rows.Length;
            }
        }

        if (call is not null)
        {
            if (worker is not null)
                ThreadPool.UnsafeQueueUserWorkItem(worker, preferLocal: false);
            return call.Await();
        }

        return RunNow(worker!, rows.Span, embeddings.Span);
    }

    /// <summary>The idle path: one call, one run, on the caller's thread.</summary>
    private ValueTask RunNow(Worker worker, ReadOnlySpan<TInput> rows, Span<float> embeddings)
    {
        try
        {
            long start = Stopwatch.GetTimestamp();
            BatchSlot slot = worker.Slot;
            slot.Begin(rows.Length, Longest(rows));
            EncodeRows(slot, rows, 0);
            slot.Run();
            Record(start, rows.Length);
            return slot.TryCopyEmbeddings(0, rows.Length, embeddings)
                ? ValueTask.CompletedTask
                : ValueTask.FromException(new TowerException("The tower's output is not finite."));
        }
        catch (Exception e)
        {
            return ValueTask.FromException(Failed(e));
        }
        finally
        {
            Free(worker);
        }
    }

    /// <summary>Takes the next batch out of the queue; false, and the worker is free again, when nothing waits.</summary>
    private bool TryTakeBatch(Worker worker)
    {
        lock (_gate)
        {
            int rows = 0;
            while (_queue.TryPeek(out QueuedRows<TInput>? call) && rows + call.Rows.Length <= MaxBatch)
            {
                _queue.Dequeue();
                _queuedRows -= call.Rows.Length;
                if (call.TryBeginEncoding())
                {
                    call.FirstRow = rows;
                    rows += call.Rows.Length;
                    worker.Batch.Add(call);
                }
                else
                {
                    worker.GivenUp.Add(call);
                }
            }

            if (worker.Batch.Count > 0 || worker.GivenUp.Count > 0)
                return true;
            _free.Push(worker);
            DisposeIfQuiet();
            return false;
        }
    }

    private void RunBatches(Worker worker)
    {
        while (TryTakeBatch(worker))
        {
            foreach (QueuedRows<TInput> call in worker.GivenUp)
                call.Release();
            worker.GivenUp.Clear();
            if (worker.Batch.Count > 0)
                RunBatch(worker.Slot, CollectionsMarshal.AsSpan(worker.Batch));
            foreach (QueuedRows<TInput> call in worker.Batch)
                call.Release();
            worker.Batch.Clear();
        }
    }

    /// <summary>One run for several calls. When it fails each call gets a run of its own, so that one that the model cannot take fails alone.</summary>
    private void RunBatch(BatchSlot slot, ReadOnlySpan<QueuedRows<TInput>> calls)
    {
        try
        {
            Run(slot, calls);
        }
        catch (Exception e) when (calls.Length > 1)
        {
            Failed(e);
            foreach (QueuedRows<TInput> call in calls)
            {
                if (!call.TryBeginEncoding())
                    continue;
                call.FirstRow = 0;
                RunBatch(slot, new ReadOnlySpan<QueuedRows<TInput>>(in call));
            }
        }
        catch (Exception e)
        {
            // A worker has nobody above it: whatever happened goes to the caller that waits.
            calls[0].Fail(Failed(e));
        }
    }

    private void Run(BatchSlot slot, ReadOnlySpan<QueuedRows<TInput>> calls)
    {
        long start = Stopwatch.GetTimestamp();
        int rows = 0, longest = 0;
        try
        {
            foreach (QueuedRows<TInput> call in calls)
            {
                rows += call.Rows.Length;
                longest = Math.Max(longest, Longest(call.Rows.Span));
            }

            slot.Begin(rows, longest);
            foreach (QueuedRows<TInput> call in calls)
                EncodeRows(slot, call.Rows.Span, call.FirstRow);
        }
        finally
        {
            foreach (QueuedRows<TInput> call in calls)
                call.EndEncoding();
        }

        slot.Run();
        Record(start, rows);
        foreach (QueuedRows<TInput> call in calls)
            call.Complete(slot);
    }

    private int Longest(ReadOnlySpan<TInput> rows)
    {
        int longest = 0;
        if (_shape.History is { FixedLength: null } history)
        {
            foreach (ref readonly TInput row in rows)
                longest = Math.Max(longest, TSource.RowOf(row, history).History.Length);
        }

        return longest;
    }

    private void EncodeRows(BatchSlot slot, ReadOnlySpan<TInput> rows, int first)
    {
        for (int i = 0; i < rows.Length; i++)
            slot.Encode(first + i, TSource.RowOf(rows[i], _shape.History));
    }

    private void Record(long start, int rows)
    {
        TowerMetrics.RunDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, _tag);
        TowerMetrics.BatchRows.Record(rows, _tag);
    }

    private TowerException Failed(Exception exception)
    {
        TowerMetrics.Failures.Add(1, _tag);
        return new TowerException(exception is OnnxRuntimeException ? $"The tower failed: {exception.Message}" : "The tower's inputs could not be encoded.", exception);
    }

    /// <summary>Gives a worker back, or sends it to serve what has come in meanwhile.</summary>
    private void Free(Worker worker)
    {
        lock (_gate)
        {
            if (_queue.Count == 0)
            {
                _free.Push(worker);
                DisposeIfQuiet();
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(worker, preferLocal: false);
    }

    private void Recycle(QueuedRows<TInput> call)
    {
        lock (_gate)
            _recycled.Push(call);
    }

    /// <summary>Under the gate.</summary>
    private void DisposeIfQuiet()
    {
        if (!_disposed || _free.Count < _workers.Length)
            return;
        foreach (Worker worker in _workers)
            worker.Slot.Dispose();
        _model.Dispose();
    }

    /// <summary>One run at a time: a slot and the calls that it works on.</summary>
    private sealed class Worker(TowerRunner<TInput, TSource> runner, BatchSlot slot) : IThreadPoolWorkItem
    {
        public BatchSlot Slot { get; } = slot;

        public List<QueuedRows<TInput>> Batch { get; } = [];

        public List<QueuedRows<TInput>> GivenUp { get; } = [];

        public void Execute() => runner.RunBatches(this);
    }
}
