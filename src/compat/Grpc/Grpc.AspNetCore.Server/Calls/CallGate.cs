namespace Grpc.AspNetCore.Server.Calls;

/// <summary>
/// Settles two races without a lock. Who ends the call: the handler's return or its deadline, whichever comes first, once. Who touches the response
/// meanwhile: one write at a time, and none after the end.
/// </summary>
internal struct CallGate
{
    private int _end;
    private int _write;

    /// <summary>Who ends the call.</summary>
    private enum End
    {
        Open,
        Handler,
        Deadline,
    }

    /// <summary>What the writer of replies is doing.</summary>
    public enum Write
    {
        Idle,

        /// <summary>A message is going into the response buffer; nobody else may touch it.</summary>
        Serializing,

        /// <summary>The messages are whole and on their way, or wait for the caller to read.</summary>
        Flushing,

        /// <summary>The call is over.</summary>
        Closed,
    }

    /// <summary>Whether anyone has started to end the call.</summary>
    public readonly bool IsOver => Volatile.Read(in _end) != (int)End.Open;

    /// <summary>By the handler's path: true where it ends the call (and again true if it asks again), false where the deadline does.</summary>
    public bool TryEnd() => Interlocked.CompareExchange(ref _end, (int)End.Handler, (int)End.Open) != (int)End.Deadline;

    /// <summary>By the deadline: true, once, where it ends the call.</summary>
    public bool TryExpire() => Interlocked.CompareExchange(ref _end, (int)End.Deadline, (int)End.Open) == (int)End.Open;

    /// <summary>Begins a write.</summary>
    /// <exception cref="InvalidOperationException">The call is over, or another write has not ended.</exception>
    public void EnterWrite()
    {
        var seen = Interlocked.CompareExchange(ref _write, (int)Write.Serializing, (int)Write.Idle);
        if (seen != (int)Write.Idle)
        {
            throw new InvalidOperationException(
                seen == (int)Write.Closed
                    ? "Can't write the message because the request is complete."
                    : "Can't write the message because the previous write is in progress.");
        }
    }

    /// <summary>The message is whole; it is being sent.</summary>
    public void EnterFlush() => Interlocked.CompareExchange(ref _write, (int)Write.Flushing, (int)Write.Serializing);

    /// <summary>The write has ended, whether or not the call has too.</summary>
    public void LeaveWrite()
    {
        if (Interlocked.CompareExchange(ref _write, (int)Write.Idle, (int)Write.Flushing) == (int)Write.Serializing)
        {
            Interlocked.CompareExchange(ref _write, (int)Write.Idle, (int)Write.Serializing);
        }
    }

    /// <summary>Ends all writing.</summary>
    /// <returns>What the writer was doing.</returns>
    public Write Close() => (Write)Interlocked.Exchange(ref _write, (int)Write.Closed);
}
