using Inference.Recommendations.Ports;

namespace Inference.Storage.Events;

/// <summary>What becomes of the events of one call: first as far as this process knows, then as Redis says. Safe for concurrent use.</summary>
internal sealed class Receipt
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordedEvents _counts;
    private int _open;
    private bool _isClosed;

    /// <summary>Completes when Redis has spoken on all events.</summary>
    public Task Settled => _settled.Task;

    public RecordedEvents Counts
    {
        get
        {
            lock (_gate)
                return _counts;
        }
    }

    /// <summary>Counts an event.</summary>
    /// <param name="isOpen">Whether Redis will be asked about it.</param>
    public void Count(Verdict verdict, bool isOpen)
    {
        lock (_gate)
        {
            Move(verdict, +1);
            _open += isOpen ? 1 : 0;
        }
    }

    /// <summary>There are no more events.</summary>
    public void Close()
    {
        lock (_gate)
            _isClosed = true;
        SettleIfAll(0);
    }

    /// <summary>Redis has spoken on an event.</summary>
    public void Settle(Verdict before, Verdict now)
    {
        lock (_gate)
        {
            Move(before, -1);
            Move(now, +1);
        }

        SettleIfAll(1);
    }

    private void SettleIfAll(int settled)
    {
        lock (_gate)
        {
            _open -= settled;
            if (!_isClosed || _open > 0)
                return;
        }

        _settled.TrySetResult();
    }

    private void Move(Verdict verdict, int by) => _counts = verdict switch
    {
        Verdict.New => _counts with { Recorded = _counts.Recorded + by },
        Verdict.Duplicate => _counts with { Duplicates = _counts.Duplicates + by },
        Verdict.Refused => _counts with { Refused = _counts.Refused + by },
        _ => _counts with { Dropped = _counts.Dropped + by },
    };
}

/// <summary>What became of an event.</summary>
internal enum Verdict
{
    New,
    Duplicate,
    Refused,
    Dropped,
}
