using System.Diagnostics;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Batching;

/// <summary>
/// One run at a time: a slot of the runner, the rows of the batch under way, and how they are run. A batch is cut into runs of about equal lengths (<see cref="RunPlan"/>); a run that fails is repeated call by
/// call, so that one that the model cannot take fails alone. Used by one thread at a time; allocates nothing unless something fails.
/// </summary>
internal sealed class BatchWorker<TWork> : IThreadPoolWorkItem
    where TWork : struct
{
    private readonly ContinuousBatcher<TWork> _batcher;
    private readonly IBatchRunner<TWork> _runner;
    private readonly BatchSizes _sizes;
    private readonly BatchMeters _meters;
    private readonly TimeProvider _time;
    private readonly RunPlan _plan;
    private readonly int _slot;
    private readonly BatchRow<TWork>[] _rows;
    private readonly BatchRow<TWork>[] _sorted;
    private readonly int[] _runEnds;
    private readonly List<Visit> _visits = [];
    private readonly List<BatchedCall<TWork>> _late = [];
    private readonly List<Measured> _measured = [];
    private BatchedCall<TWork>? _job;
    private long _now;
    private long _ended;

    public BatchWorker(ContinuousBatcher<TWork> batcher, IBatchRunner<TWork> runner, BatchSizes sizes, RunTimes times, BatchMeters meters, TimeProvider time, int slot)
    {
        _batcher = batcher;
        _runner = runner;
        _sizes = sizes;
        _meters = meters;
        _time = time;
        _slot = slot;
        _plan = new RunPlan(sizes, times);
        _rows = new BatchRow<TWork>[sizes.MaxBatch];
        _sorted = new BatchRow<TWork>[sizes.MaxBatch];
        _runEnds = new int[sizes.Lengths.Length];
    }

    /// <summary>Rows taken for the next batch so far.</summary>
    public int Rows { get; private set; }

    /// <summary>Longest row taken so far; at least 1.</summary>
    public int Longest { get; private set; } = 1;

    /// <summary>Whether a job was taken, which is run alone.</summary>
    public bool HasJob => _job is not null;

    /// <summary>Whether nothing was taken, or found late.</summary>
    public bool IsEmpty => _visits.Count == 0 && _late.Count == 0;

    /// <summary>Timestamp at which the batch under way is expected to have ended; 0 while none is.</summary>
    public long ExpectedEnd { get; set; }

    /// <summary>Measurements of the last batch, for the gate to take.</summary>
    public List<Measured> Measurements => _measured;

    public void Execute() => _batcher.Serve(this);

    /// <summary>Timestamp at which the last run ended.</summary>
    public long Ended => _ended;

    /// <summary>Begins to take a batch.</summary>
    public void Begin(long now) => _now = _ended = now;

    /// <summary>Takes rows of a call, which the worker holds from here on.</summary>
    public void Add(BatchedCall<TWork> call, int place, int count)
    {
        _visits.Add(new Visit(call, IsFirst: place == 0));
        for (int i = place; i < place + count; i++)
        {
            (int row, int length) = call.RowAt(i);
            _rows[Rows++] = new BatchRow<TWork>(call, row, length);
            Longest = Math.Max(Longest, length);
        }
    }

    /// <summary>Takes a job, which is run alone.</summary>
    public void AddJob(BatchedCall<TWork> call)
    {
        _visits.Add(new Visit(call, IsFirst: true));
        _job = call;
    }

    /// <summary>Takes a call that is told that it is late.</summary>
    public void AddLate(BatchedCall<TWork> call) => _late.Add(call);

    /// <summary>Runs what was taken and gives the answers.</summary>
    public void Run()
    {
        foreach (BatchedCall<TWork> call in _late)
        {
            _meters.Late(call.Priority, call.Rows - call.Taken, onArrival: false);
            call.TryDecide(EncodeOutcome.Late, null);
            call.Release();
        }

        foreach (Visit visit in _visits)
        {
            if (visit.IsFirst)
                _meters.Waited(visit.Call.Priority, _time.GetElapsedTime(visit.Call.Arrived, _now));
        }

        long begun = _time.GetTimestamp();
        if (_job is not null)
            RunJob(_job);
        else if (Rows > 0)
            RunRows();
        RunTotals.Add(_time.GetElapsedTime(begun));

        for (int i = 0; i < _visits.Count; i++)
        {
            if (_visits[i].Call.Span is { } caller)
                WriteSpan(i, caller);
        }

        foreach (Visit visit in _visits)
            visit.Call.Release();

        _late.Clear();
        _visits.Clear();
        _job = null;
        _rows.AsSpan(0, Rows).Clear();
        _sorted.AsSpan(0, Rows).Clear();
        (Rows, Longest) = (0, 1);
    }

    /// <summary>Writes the span of the batch for a traced call; once, however many turns of the batch the call had.</summary>
    private void WriteSpan(int visit, Activity caller)
    {
        BatchedCall<TWork> call = _visits[visit].Call;
        for (int i = 0; i < visit; i++)
        {
            if (_visits[i].Call == call)
                return;
        }

        _meters.Span.Write(caller, _time.GetUtcNow(), _time.GetElapsedTime(call.Arrived, _now), _time.GetElapsedTime(_now), Rows);
    }

    private void RunJob(BatchedCall<TWork> call)
    {
        try
        {
            call.Job!();
            call.TryDecide(EncodeOutcome.Encoded, null);
        }
        catch (Exception e)
        {
            // A worker has nobody above it: whatever happened goes to the caller that waits.
            call.TryDecide(default, _runner.Explain(e));
        }
    }

    private void RunRows()
    {
        int runs = _plan.Cut<TWork>(_rows.AsSpan(0, Rows), _sorted, _runEnds);
        for (int run = 0, start = 0; run < runs; start = _runEnds[run++])
            RunApart(_sorted.AsSpan(start, _runEnds[run] - start));
    }

    private void RunApart(Span<BatchRow<TWork>> rows)
    {
        int read = rows.Length;
        try
        {
            Run(rows, ref read);
        }
        catch (Exception e)
        {
            rows = rows[..read];
            TowerException explained = _runner.Explain(e);
            if (CallsOf(rows) is [BatchedCall<TWork> alone])
            {
                alone.TryDecide(default, explained);
                return;
            }

            foreach (BatchedCall<TWork> call in CallsOf(rows))
                RunApart([.. rows.ToArray().Where(row => row.Call == call)]);
        }
    }

    /// <summary>One run, of rows that are in the order of their lengths.</summary>
    /// <param name="rows">The rows; those that cannot be read, or are not wanted any more, are taken out.</param>
    /// <param name="read">Receives how many were read.</param>
    private void Run(Span<BatchRow<TWork>> rows, ref int read)
    {
        // Back to back: what is between two runs of a batch, or before the first, belongs to the next one.
        long start = _ended;
        int length = _sizes.LengthSizeOf(rows[^1].Length), cells = 0, count = 0;
        _runner.Begin(_slot, _sizes.Lengths[length]);
        foreach (ref readonly BatchRow<TWork> row in rows)
        {
            if (!TryRead(row, count))
                continue;
            cells += row.Length;
            rows[count++] = row;
        }

        read = count;
        if (count == 0)
            return;
        _runner.Run(_slot, count);
        int size = _sizes.RowSizeOf(count);
        _meters.Ran(_time.GetElapsedTime(start), count, cells, _sizes.Rows[size] * _sizes.Lengths[length]);
        for (int place = 0; place < count; place++)
            Write(rows[place], place);
        // With the answers: the next batch waits for these, too.
        _ended = _time.GetTimestamp();
        _measured.Add(new Measured(size, length, _time.GetElapsedTime(start, _ended).TotalSeconds));
    }

    /// <summary>False when the caller has given up, or the row cannot be read, of which the caller then hears.</summary>
    private bool TryRead(in BatchRow<TWork> row, int place)
    {
        BatchedCall<TWork> call = row.Call;
        if (!call.TryTouch())
            return false;
        try
        {
            _runner.Read(_slot, place, call.Work, row.Row);
            return true;
        }
        catch (Exception e)
        {
            call.TryDecide(default, _runner.Explain(e));
            return false;
        }
        finally
        {
            call.Untouch();
        }
    }

    private void Write(in BatchRow<TWork> row, int place)
    {
        BatchedCall<TWork> call = row.Call;
        if (!call.TryTouch())
            return;
        try
        {
            if (_runner.Write(_slot, place, call.Work, row.Row) is { } failure)
                call.TryDecide(default, failure);
            else
                call.RowWritten();
        }
        catch (Exception e)
        {
            call.TryDecide(default, _runner.Explain(e));
        }
        finally
        {
            call.Untouch();
        }
    }

    private static BatchedCall<TWork>[] CallsOf(ReadOnlySpan<BatchRow<TWork>> rows)
    {
        var calls = new HashSet<BatchedCall<TWork>>();
        foreach (ref readonly BatchRow<TWork> row in rows)
            calls.Add(row.Call);
        return [.. calls];
    }

    /// <summary>What one run took.</summary>
    internal readonly record struct Measured(int RowSize, int LengthSize, double Seconds);

    private readonly record struct Visit(BatchedCall<TWork> Call, bool IsFirst);
}
