using Inference.Vectors.Search;

namespace Inference.Vectors.Live;

/// <summary>The rows of a <see cref="LiveIndex"/>: which are there, the changes that wait, the index behind them, and the thread that merges the two.</summary>
/// <remarks>Changes are made under one lock. Searches take none: they hold a <see cref="Generation"/>. What becomes of a change is in the remarks of <see cref="LiveIndex"/>, and so is what each method throws.</remarks>
internal sealed class LiveRows : IDisposable
{
    /// <summary>How long a waiting change sleeps at most before it looks whether a failed merge may be tried again, and at its token.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly object _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly LiveOptions _options;
    private readonly int _dimension;
    private readonly Metric _metric;
    private Generation _current;
    private RowBits _live;
    private int _count;
    private int _rowCount;
    private bool _merging;
    private bool _disposed;

    /// <param name="index">Passes to the rows, which dispose it.</param>
    /// <param name="options">Checked ones.</param>
    public LiveRows(VectorIndex index, LiveOptions options)
    {
        _options = options;
        _dimension = index.Dimension;
        _metric = index.Metric;
        History = new MergeHistory(options.RetryDelay, options.TimeProvider);
        Log = new ChangeLog(index.Dimension, index.Metric);
        _current = new Generation(index, Log.End, Log.End);
        _rowCount = index.Count;
        _live = new RowBits(index.Count);
        for (int row = 0; row < index.Count; row++)
        {
            if (!index.HasVector(row))
                continue;
            _live.Add(row);
            _count++;
        }
    }

    /// <summary>All changes since the last merge.</summary>
    public ChangeLog Log { get; }

    /// <summary>What became of the merges.</summary>
    public MergeHistory History { get; }

    /// <summary>The merged rows now, for a look; who uses what it holds has to <see cref="Hold"/> it.</summary>
    public Generation Current => Volatile.Read(ref _current);

    /// <summary>Rows that are there.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The largest row number ever used, plus one.</summary>
    public int RowCount => Volatile.Read(ref _rowCount);

    /// <summary>Changes that are not merged yet.</summary>
    public int Pending
    {
        get
        {
            // In this order: the start may only grow meanwhile.
            long start = Current.Start.Position;
            return (int)(Log.Count - start);
        }
    }

    /// <summary>The merged rows now, which the caller releases.</summary>
    public Generation Hold()
    {
        while (true)
        {
            ThrowIfDisposed();
            Generation generation = Current;
            // Fails where the generation was replaced since the line before.
            if (generation.TryHold())
                return generation;
        }
    }

    public bool Contains(int row)
    {
        lock (_gate)
            return _live.Contains(row);
    }

    /// <summary>The score of a row that is not, or was not just now, in the index; NaN if it is not there.</summary>
    public float ScoreChanged(ReadOnlySpan<float> query, int row)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (!_live.Contains(row))
                return float.NaN;
            // Merged since the caller looked.
            return Log.TryLatest(row, out LogPosition position)
                ? LogScan.Score(Log, position, _metric, query)
                : _current.Index.Score(query, row);
        }
    }

    /// <summary>The vector of a row that is not, or was not just now, in the index.</summary>
    public bool TryCopyChanged(int row, Span<float> vector)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (!_live.Contains(row))
                return false;
            if (Log.TryLatest(row, out LogPosition position))
                position.Block.Vector((int)(position.Position - position.Block.First), _dimension).Span.CopyTo(vector);
            else
                _current.Index.CopyVector(row, vector);
            return true;
        }
    }

    /// <param name="inverseNorm">1 ∕ |vector| where the metric is cosine.</param>
    public void Upsert(int row, ReadOnlySpan<float> vector, float inverseNorm, CancellationToken cancellationToken)
    {
        ThrowIfNoRow(row);
        lock (_gate)
        {
            WaitForRoom(cancellationToken);
            Write(row, vector, inverseNorm);
        }
    }

    /// <inheritdoc cref="Upsert" path="/param"/>
    public int Append(ReadOnlySpan<float> vector, float inverseNorm, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            WaitForRoom(cancellationToken);
            int row = _rowCount;
            ThrowIfNoRow(row);
            Write(row, vector, inverseNorm);
            return row;
        }
    }

    public bool Delete(int row, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (!_live.Contains(row))
                return false;
            WaitForRoom(cancellationToken);
            // The wait lets others in.
            if (!_live.Contains(row))
                return false;
            Write(row, [], inverseNorm: 0);
            return true;
        }
    }

    /// <summary>Merges all changes made before the call, now, and waits for that.</summary>
    public void Merge(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            long wanted = Log.Count, failures = History.Failures;
            while (_current.Start.Position < wanted)
            {
                ThrowIfDisposed();
                cancellationToken.ThrowIfCancellationRequested();
                if (History.Failures != failures)
                    throw new InvalidOperationException($"The merge failed: {History.LastFailure?.Message}", History.LastFailure);
                if (!_merging)
                    StartMerge();
                Monitor.Wait(_gate, Glance);
            }
            ThrowIfDisposed();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            Volatile.Write(ref _disposed, true);
            Monitor.PulseAll(_gate);
        }
        _ended.Cancel();
        lock (_gate)
        {
            while (_merging)
                Monitor.Wait(_gate);
        }
        _ended.Dispose();
        _current.Release();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), typeof(LiveIndex));

    private void ThrowIfNoRow(int row)
    {
        if ((uint)row >= (uint)_options.MaxRowCount)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"Rows are 0 to {_options.MaxRowCount - 1}.");
    }

    /// <summary>Under the lock, which it leaves while it waits.</summary>
    private void WaitForRoom(CancellationToken cancellationToken)
    {
        while (true)
        {
            ThrowIfDisposed();
            cancellationToken.ThrowIfCancellationRequested();
            if (Pending < _options.MaxPending)
                return;
            MergeIfDue();
            if (_options.WhenFull == WhenFull.Throw)
                throw new InvalidOperationException($"{Pending} changes wait for a merge, the most that may ({History.FailuresInARow} merges in a row have failed).", History.LastFailure);
            Monitor.Wait(_gate, Glance);
        }
    }

    /// <summary>Under the lock.</summary>
    private void Write(int row, ReadOnlySpan<float> vector, float inverseNorm)
    {
        Log.Append(row, vector, inverseNorm);
        _current.Hide(row, Log.End);
        if (row >= _rowCount)
        {
            if (row >= _live.RowCount)
                _live = new RowBits((int)Math.Min(_options.MaxRowCount, Math.Max(row + 1L, _live.RowCount * 2L)), _live.Words);
            Volatile.Write(ref _rowCount, row + 1);
        }
        bool was = _live.Contains(row);
        if (vector.IsEmpty)
            _live.Remove(row);
        else
            _live.Add(row);
        Volatile.Write(ref _count, _count + (vector.IsEmpty ? 0 : 1) - (was ? 1 : 0));
        if (Pending >= _options.MergeThreshold)
            MergeIfDue();
    }

    /// <summary>Under the lock.</summary>
    private void MergeIfDue()
    {
        if (!_merging && History.MayTry)
            StartMerge();
    }

    /// <summary>Under the lock.</summary>
    private void StartMerge()
    {
        _merging = true;
        new Thread(RunMerge) { IsBackground = true, Name = "index merge" }.Start();
    }

    private void RunMerge()
    {
        ThreadNiceness.Lower();
        while (MergeOnce())
        {
            // As many changes came meanwhile as start a merge.
        }
    }

    /// <returns>Whether to go on at once.</returns>
    private bool MergeOnce()
    {
        Generation generation;
        LogPosition end;
        int rowCount;
        lock (_gate)
        {
            // Held by the rows themselves: nothing but this thread replaces it, and Dispose waits for this thread.
            generation = _current;
            end = Log.End;
            rowCount = _rowCount;
        }
        long started = _options.TimeProvider.GetTimestamp();
        VectorIndex? next = null;
        Exception? failure = null;
        try
        {
            next = _options.Merge(generation.Index, PendingChanges.Of(generation, end.Position, rowCount), _options.MergeThreads, _ended.Token);
            if ((next.Count, next.Dimension, next.Metric) != (rowCount, _dimension, _metric))
                throw new InvalidOperationException($"The merged index has {next.Count} rows of {next.Dimension} dimensions ({next.Metric}); {rowCount} of {_dimension} ({_metric}) expected.");
        }
        catch (Exception e)
        {
            // Whatever a builder throws, searches and changes go on with what there is.
            failure = e;
            next?.Dispose();
        }
        if (failure is not null && !_ended.IsCancellationRequested)
            Report(failure);
        bool replaced, again;
        lock (_gate)
        {
            replaced = failure is null && !_disposed;
            if (replaced)
                Replace(generation, next!, end, _options.TimeProvider.GetElapsedTime(started));
            else if (failure is not null)
                History.NoteFailure(failure);
            again = replaced && Pending >= _options.MergeThreshold;
            _merging = again;
            Monitor.PulseAll(_gate);
        }
        // Without the lock, for what goes with the last holder is much memory.
        if (replaced)
            generation.Release();
        else if (failure is null)
            next!.Dispose();
        return again;
    }

    /// <summary>Under the lock: the one step in which everything changes.</summary>
    private void Replace(Generation old, VectorIndex index, LogPosition start, TimeSpan duration)
    {
        LogPosition end = Log.End;
        old.Close(end.Position);
        Volatile.Write(ref _current, new Generation(index, start, end));
        Log.Forget(start);
        History.NoteSuccess(duration);
    }

    private void Report(Exception failure)
    {
        try
        {
            _options.MergeFailed?.Invoke(failure);
        }
        catch (Exception)
        {
            // A report that fails must not end the process, and there is nobody to tell.
        }
    }
}
