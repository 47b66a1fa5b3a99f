using Inference.Recommendations.Ports;

namespace Inference.Towers.Batching;

/// <summary>What waits for a <see cref="ContinuousBatcher{TWork}"/>, in two lines: who is let in, what of it makes the next batch, and how long a call will have to wait. Under the batcher's gate.</summary>
internal sealed class BatchLines<TWork>
    where TWork : struct
{
    /// <summary>A turn of a call, and what bulk work gets of a batch beside interactive calls: one part of the batch in so many.</summary>
    private const int Shares = 4;

    private readonly BatchLimits _limits;
    private readonly RunTimes _times;
    private readonly TimeProvider _time;
    private readonly int _maxBatch;
    private readonly CallLine<TWork> _interactive;
    private readonly CallLine<TWork> _bulk;
    private bool _bulkIsNext;

    /// <param name="limits">How much may wait.</param>
    /// <param name="times">How long runs take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxBatch">Most rows of one run.</param>
    public BatchLines(BatchLimits limits, RunTimes times, TimeProvider time, int maxBatch)
    {
        _limits = limits;
        _times = times;
        _time = time;
        _maxBatch = maxBatch;
        Turn = Math.Max(maxBatch / Shares, 1);
        _interactive = new CallLine<TWork>(Turn);
        _bulk = new CallLine<TWork>(Turn);
    }

    /// <summary>Most rows that a call gets computed at a time.</summary>
    public int Turn { get; }

    /// <summary>Whether no call waits.</summary>
    public bool IsEmpty => _interactive.IsEmpty && _bulk.IsEmpty;

    /// <summary>Where calls of a priority wait.</summary>
    public CallLine<TWork> Of(WorkPriority priority) => priority == WorkPriority.Bulk ? _bulk : _interactive;

    /// <summary>Whether a call may wait beside those that do.</summary>
    public bool HasRoomFor(BatchedCall<TWork> call)
    {
        CallLine<TWork> line = Of(call.Priority);
        int rows = Math.Min(call.Rows, Turn);
        int most = call.Priority == WorkPriority.Bulk ? Math.Max(_limits.MaxQueuedRows / 2, 1) : _limits.MaxQueuedRows;
        // Of a call that finds nobody before it a part that fits will be served soon, however large it is.
        return line.RowsAhead == 0 || (line.RowsAhead + rows <= most && _interactive.RowsAhead + _bulk.RowsAhead + rows <= _limits.MaxQueuedRows);
    }

    /// <summary>Seconds that one worker computes until a call that comes now is answered.</summary>
    public double SecondsToServe(BatchedCall<TWork> call)
    {
        bool isBulk = call.Priority == WorkPriority.Bulk;
        int rows = call.Rows + RowsBefore(call, _interactive), length = MeanLengthOf(_interactive), beside = 0;
        if (isBulk)
        {
            rows += RowsBefore(call, _bulk);
            length = Math.Max(length, MeanLengthOf(_bulk));
        }
        else if (_bulk.Rows > 0)
        {
            beside = Math.Min(BulkShare(MeanLengthOf(_bulk)), _bulk.Rows);
        }

        length = Math.Max(length, call.MeanLength);
        int room = Math.Max(_maxBatch - beside, 1);
        double compute = rows / room * _times.Estimate(_maxBatch, length);
        int last = rows % room;
        if (last > 0)
            compute += _times.Estimate(last + beside, length);
        return compute;
    }

    /// <summary>Gives a worker the next batch out of both lines: nothing where nothing waits.</summary>
    public void TakeBatch(BatchWorker<TWork> worker, long now)
    {
        int bulkLength = MeanLengthOf(_bulk);
        int bulk = _bulk.Rows == 0 ? 0 : Math.Min(_bulk.Rows, _interactive.Rows > 0 ? BulkShare(bulkLength) : _times.RowsWithin(_limits.MaxBulkRun.TotalSeconds, bulkLength));
        int interactive = Math.Min(_interactive.Rows, _maxBatch - bulk);
        long doneBy = interactive + bulk == 0 ? now : _time.After(now, _times.Estimate(interactive + bulk, Math.Max(MeanLengthOf(_interactive), bulkLength)) * _times.Caution);
        if (_bulkIsNext)
            Take(_bulk, worker, bulk, doneBy);
        Take(_interactive, worker, interactive, doneBy);
        int before = worker.Rows;
        if (!_bulkIsNext)
            Take(_bulk, worker, bulk, doneBy);
        // A job, which runs alone, leaves no place for bulk work: that comes first the next time.
        _bulkIsNext = !_bulkIsNext && worker.Rows == before && _bulk.Rows > 0;
    }

    /// <summary>Takes out all calls that still wait; the caller now holds them.</summary>
    public List<BatchedCall<TWork>> TakeAll()
    {
        var waiting = new List<BatchedCall<TWork>>();
        foreach (CallLine<TWork> line in (ReadOnlySpan<CallLine<TWork>>)[_interactive, _bulk])
        {
            while (line.TryPeek(out BatchedCall<TWork>? call))
            {
                line.Remove(call);
                waiting.Add(call);
            }
        }

        return waiting;
    }

    /// <param name="room">Most rows to take.</param>
    /// <param name="doneBy">When the batch will be done, with caution.</param>
    private void Take(CallLine<TWork> line, BatchWorker<TWork> worker, int room, long doneBy)
    {
        while (room > 0 && !worker.HasJob && line.TryPeek(out BatchedCall<TWork>? call))
        {
            int left = call.Rows - call.Taken;
            long answered = left <= room ? doneBy : _time.After(doneBy, (left - room) / _maxBatch * _times.Estimate(_maxBatch, call.MeanLength));
            if (answered > call.Deadline && !call.IsProbe)
            {
                line.Remove(call);
                worker.AddLate(call);
            }
            else if (call.Job is null)
            {
                int count = Math.Min(Math.Min(left, Turn), room);
                worker.Add(call, line.Take(call, count), count);
                room -= count;
            }
            else if (worker.Rows == 0)
            {
                line.Remove(call);
                worker.AddJob(call);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>A small call waits for one turn of each call before it; a large one, which takes turns with them, for more of theirs.</summary>
    private int RowsBefore(BatchedCall<TWork> call, CallLine<TWork> line) => call.Rows > Turn ? line.Rows : line.RowsAhead;

    /// <summary>How many rows of bulk work go beside interactive ones.</summary>
    private int BulkShare(int length) => Math.Min(Turn, _times.RowsWithin(_limits.MaxBulkRun.TotalSeconds, length));

    /// <summary>Mean padded length of what is served next.</summary>
    private static int MeanLengthOf(CallLine<TWork> line) => line.RowsAhead == 0 ? 1 : Math.Max((int)(line.CellsAhead / line.RowsAhead), 1);
}
