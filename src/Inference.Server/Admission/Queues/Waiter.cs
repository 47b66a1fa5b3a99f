using System.Threading.Tasks.Sources;

namespace Inference.Server.Admission.Queues;

/// <summary>How waiting for room ended.</summary>
internal enum Turn
{
    /// <summary>There is room.</summary>
    Granted,

    /// <summary>It came too late.</summary>
    Expired,

    /// <summary>Somebody who had waited less often took the place.</summary>
    PushedOut,
}

/// <summary>A piece of work that needs room: it holds a place and a thread, or waits for both, or neither. Used again and again; one piece of work at a time.</summary>
internal class Waiter : IValueTaskSource<Turn>
{
    private ManualResetValueTaskSourceCore<Turn> _turn = new() { RunContinuationsAsynchronously = true };
    private int _hasThread;
    private int _hasPlace;

    /// <summary>Whether nobody waits for the answer.</summary>
    public bool IsBulk { get; set; }

    /// <summary>Calls that were worked on when this one was let in, itself among them.</summary>
    public int InFlight { get; private set; }

    /// <summary>Timestamp at which it began to wait.</summary>
    public long Since { get; set; }

    /// <summary>How many were ahead then.</summary>
    public int Ahead { get; set; }

    /// <summary>Timestamp after which it is of no use to begin.</summary>
    public long LatestStart { get; set; }

    /// <summary>Whether it waits for its turn.</summary>
    public bool IsWaiting => Line is not null;

    /// <summary>The client's line in which it waits.</summary>
    internal ClientLine? Line { get; set; }

    internal Waiter? Before { get; set; }

    internal Waiter? Behind { get; set; }

    /// <summary>Gets ready to wait; the turn before was awaited.</summary>
    public void ResetTurn() => _turn.Reset();

    /// <summary>How the wait ends; to be awaited once.</summary>
    public ValueTask<Turn> TurnAsync() => new(this, _turn.Version);

    /// <summary>Ends the wait.</summary>
    public void End(Turn turn) => _turn.SetResult(turn);

    /// <summary>Notes that it was let in.</summary>
    public void Hold(int inFlight)
    {
        InFlight = inFlight;
        Volatile.Write(ref _hasThread, 1);
        Volatile.Write(ref _hasPlace, 1);
    }

    /// <summary>Whether it had a thread, which it has no more.</summary>
    public bool TryLeaveThread() => Interlocked.Exchange(ref _hasThread, 0) != 0;

    /// <summary>Whether it had a place, which it has no more.</summary>
    public bool TryLeavePlace() => Interlocked.Exchange(ref _hasPlace, 0) != 0;

    Turn IValueTaskSource<Turn>.GetResult(short token) => _turn.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Turn>.GetStatus(short token) => _turn.GetStatus(token);

    void IValueTaskSource<Turn>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _turn.OnCompleted(continuation, state, token, flags);
}
