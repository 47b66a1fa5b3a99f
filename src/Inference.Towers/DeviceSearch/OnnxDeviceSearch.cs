using System.Buffers;
using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.DeviceSearch;

/// <summary>
/// Exact search on a device: one product of a batch of queries with all items, and the best of each row of it, as an ONNX model.
/// <code>
///  query ─ plan ─▶ batcher ─▶ device: queries · itemsᵀ, top k' ─▶ less changed and denied rows, plus changed ones ─▶ scores of the index ─▶ certain? ─▶ best k
///            │ few allowed, many denied                                                                                     │ no
///            └──────────────────────────────▶ Unsuited: the index answers ◀──────────────────────────────────────────────────┘
/// </code>
/// Changes of the catalogue: a row that changes is noted, dropped from what the device finds, and scored by the index, until so many have changed that the matrix is made anew beside the old one and takes its place between two
/// runs.
/// </summary>
internal sealed class OnnxDeviceSearch : IDeviceSearch, IDisposable
{
    /// <summary>Changed rows that start a rebuild: each search scores all of them.</summary>
    private const int ManyChanges = 1024;

    /// <summary>Searches that wait at most: batches, and no fewer than these. A device that is further behind is of no help.</summary>
    private const int BatchesThatWait = 16, FewestThatWait = 1024;

    /// <summary>How long nothing is tried after a rebuild that failed.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);

    private readonly LiveIndex _index;
    private readonly OpenedSession _session;
    private readonly bool _half;
    private readonly bool _isProven;
    private readonly int _mostQueries;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _rebuilding = new();
    private readonly DeviceRunner _runner;
    private readonly ContinuousBatcher<DeviceQuery> _batcher;
    private ChangedRows? _next;
    private Thread? _rebuild;
    private long? _failedAt;
    private long _rebuilds;

    /// <param name="index">Stays the caller's.</param>
    /// <param name="session">Of <see cref="TopKModel"/>; passes to the search.</param>
    /// <param name="settings">How to run.</param>
    /// <exception cref="Microsoft.ML.OnnxRuntime.OnnxRuntimeException">The device has no room for the matrix, or cannot run the search.</exception>
    public OnnxDeviceSearch(LiveIndex index, OpenedSession session, DeviceSearchSettings settings, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        _index = index;
        _session = session;
        _half = settings.Half;
        _isProven = settings.IsProven;
        _mostQueries = settings.MaxBatch;
        _logger = logger;
        _time = time;
        RebuildAfter = settings.RebuildAfter ?? Math.Clamp(index.RowCount / 50, 64, ManyChanges);
        // Whoever changes rows does not know of this search yet; the first rows that it does tell of are those after the constructor.
        DeviceMatrix matrix = MakeMatrix(new ChangedRows(RebuildAfter * 4), cancellationToken);
        _runner = new DeviceRunner(matrix, session.Session, _mostQueries, session.Providers[0]);
        try
        {
            WarmUp();
        }
        catch
        {
            _runner.LetGo(matrix);
            throw;
        }

        _batcher = new ContinuousBatcher<DeviceQuery>("index", _runner, new BatchLimits(1, Math.Max(BatchesThatWait * _mostQueries, FewestThatWait), settings.MaxBulkRun, RunsOnCallers: false), time);
    }

    /// <summary>Changed rows that start a rebuild.</summary>
    public int RebuildAfter { get; }

    /// <summary>Rebuilds that took place.</summary>
    public long Rebuilds => Interlocked.Read(ref _rebuilds);

    /// <summary>Which provider was wanted, which one it became, and why.</summary>
    public ProviderUse ProviderUse => _session.Use;

    /// <summary>Bytes of the matrix; twice as many while it is made anew, and for each run beside it a score for each query and item.</summary>
    public long MatrixBytes => _runner.Matrix.Vectors.Bytes;

    public async ValueTask<DeviceSearchResult> SearchAsync(ReadOnlyMemory<float> query, Memory<Neighbor> results, RowFilter filter, Urgency urgency, CancellationToken cancellationToken)
    {
        if (query.Length != _index.Dimension)
            throw new ArgumentException($"The query has {query.Length} dimensions, the index {_index.Dimension}.", nameof(query));
        DeviceMatrix matrix = _runner.Matrix;
        int wanted = DeviceSearchPlan.Fetch(results.Length, filter, matrix, _index.RowCount - _index.Count);
        if (wanted == 0)
            return Ended(DeviceSearchOutcome.Unsuited, "unsuited");
        int columns = matrix.Vectors.Columns;
        float[] prepared = ArrayPool<float>.Shared.Rent(columns);
        matrix.Vectors.WriteQuery(query.Span, prepared.AsSpan(0, columns));
        var hits = new DeviceHits(DeviceSearchPlan.Padded(wanted));
        EncodeOutcome outcome;
        try
        {
            outcome = await WaitAsync(_batcher.RunAsync(new DeviceQuery(prepared, columns, wanted, hits), 1, urgency, cancellationToken), urgency.Patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The device may still read and write what it was given, so none of it goes back to its pool.
            return Ended(DeviceSearchOutcome.Late, "late");
        }
        catch (TowerException)
        {
            DeviceSearchMetrics.Searched("failed");
            throw;
        }

        int found = outcome == EncodeOutcome.Encoded ? hits.Merge(_index, query.Span, results.Span, filter) : -1;
        hits.Release();
        ArrayPool<float>.Shared.Return(prepared);
        if (found < 0)
        {
            return outcome switch
            {
                EncodeOutcome.Late => Ended(DeviceSearchOutcome.Late, "late"),
                EncodeOutcome.Refused => Ended(DeviceSearchOutcome.Refused, "refused"),
                _ => Ended(DeviceSearchOutcome.Unsuited, "uncertain"),
            };
        }

        DeviceSearchMetrics.Searched("found");
        return new DeviceSearchResult(DeviceSearchOutcome.Found, found);
    }

    public void RowChanged(int row)
    {
        // The index was changed before this call. Either a rebuild that begins now sees that change, or this call sees the rebuild: whichever comes second at its fence.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _next)?.Add(row);
        if (_runner.Matrix.Changed.Add(row) >= RebuildAfter)
            RebuildIfDue();
    }

    /// <summary>One run on the device and nothing else, for benchmarks: not while searches run.</summary>
    public void RunOnce(float[][] queries, int first, int count, int wanted)
    {
        DeviceMatrix matrix = _runner.Matrix;
        for (int place = 0; place < count; place++)
            matrix.Vectors.WriteQuery(queries[(first + place) % queries.Length], matrix.Query(place));
        _runner.Begin(0, wanted);
        _runner.Run(0, count);
    }

    /// <summary>Waits for the rebuild that may be under way; for tests and tools.</summary>
    public void WaitForRebuild()
    {
        Thread? rebuild;
        lock (_rebuilding)
            rebuild = _rebuild;
        rebuild?.Join();
    }

    public void Dispose()
    {
        lock (_rebuilding)
        {
            if (_ended.IsCancellationRequested)
                return;
            _ended.Cancel();
        }

        // It uses the session, which goes with the runner.
        WaitForRebuild();
        _runner.Terminate();
        _batcher.Dispose();
    }

    private static DeviceSearchResult Ended(DeviceSearchOutcome outcome, string name)
    {
        DeviceSearchMetrics.Searched(name);
        return new DeviceSearchResult(outcome);
    }

    /// <summary>Waits no longer than the caller's patience, also for a device that hangs.</summary>
    private ValueTask<EncodeOutcome> WaitAsync(ValueTask<EncodeOutcome> running, TimeSpan? patience, CancellationToken cancellationToken)
    {
        if (patience is not { } most || running.IsCompleted)
            return running;
        Task<EncodeOutcome> task = running.AsTask();
        task.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return new ValueTask<EncodeOutcome>(task.WaitAsync(most < TimeSpan.Zero ? TimeSpan.Zero : most, _time, cancellationToken));
    }

    private DeviceMatrix MakeMatrix(ChangedRows changed, CancellationToken cancellationToken)
    {
        ItemVectors vectors = ItemVectors.Of(_index, _half, cancellationToken);
        using Lock.Scope turn = ExecutionProviders.TurnOn(_session.Providers[0]);
        try
        {
            return new DeviceMatrix(_session.Session, UsesDevice, vectors, changed, _mostQueries, DeviceSearchPlan.MostWanted, _isProven);
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }

    private bool UsesDevice => _session.Providers[0] != ExecutionProviders.Cpu;

    /// <summary>The first run of a size is slow, so it is not a user's: the smallest batch and the largest.</summary>
    private void WarmUp()
    {
        if (_runner.Matrix.Vectors.Count == 0)
            return;
        for (int place = 0; place < _mostQueries; place++)
            _runner.Matrix.Query(place).Clear();
        foreach (int queries in (int[])[1, _mostQueries])
        {
            foreach (int wanted in (int[])[16, 128])
            {
                _runner.Begin(0, wanted);
                _runner.Run(0, queries);
            }
        }
    }

    private void RebuildIfDue()
    {
        lock (_rebuilding)
        {
            if (_ended.IsCancellationRequested || _rebuild is { IsAlive: true } || (_failedAt is { } failed && _time.GetElapsedTime(failed) < RetryDelay))
                return;
            _rebuild = new Thread(Rebuild) { IsBackground = true, Name = "device rebuild" };
            _rebuild.Start();
        }
    }

    private void Rebuild()
    {
        DeviceMatrix? matrix = null;
        try
        {
            do
            {
                var changed = new ChangedRows(RebuildAfter * 4);
                Volatile.Write(ref _next, changed);
                Interlocked.MemoryBarrier();
                DeviceMatrix made = matrix = MakeMatrix(changed, _ended.Token);
                EncodeOutcome outcome = _batcher.RunAloneAsync(
                    () =>
                    {
                        _runner.Replace(made);
                        matrix = null;
                    },
                    rows: 1,
                    length: 1,
                    new Urgency(),
                    _ended.Token).AsTask().GetAwaiter().GetResult();
                if (outcome != EncodeOutcome.Encoded)
                    throw new TowerException("Too many searches wait for the device to give it another matrix.");
                Volatile.Write(ref _next, null);
                Interlocked.Increment(ref _rebuilds);
                DeviceSearchMetrics.Rebuilt("ok");
                _failedAt = null;
            }
            while (_runner.Matrix.Changed.Rows.Length >= RebuildAfter);
        }
        catch (Exception) when (_ended.IsCancellationRequested)
        {
            // The snapshot goes, and all of this with it.
        }
        catch (Exception e)
        {
            DeviceSearchMetrics.Rebuilt("failed");
            _failedAt = _time.GetTimestamp();
            _logger.DeviceRebuildFailed(e);
        }
        finally
        {
            Volatile.Write(ref _next, null);
            if (matrix is not null)
                _runner.LetGo(matrix);
        }
    }
}
