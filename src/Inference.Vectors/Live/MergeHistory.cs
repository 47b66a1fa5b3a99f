namespace Inference.Vectors.Live;

/// <summary>What became of the merges, and when the next may be tried. Written under the lock of the live index; its numbers may be read without.</summary>
/// <param name="retryDelay">After one failure; doubled with each failure in a row, up to 64 times this.</param>
/// <param name="clock">Of the delay.</param>
internal sealed class MergeHistory(TimeSpan retryDelay, TimeProvider clock)
{
    private const int MostDoublings = 6;

    private long _successes;
    private long _failures;
    private long _lastDurationTicks;
    private Exception? _lastFailure;
    private long _failedAt;

    /// <summary>Merges that took place.</summary>
    public long Successes => Volatile.Read(ref _successes);

    /// <summary>Merges that failed.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Those since the last that took place.</summary>
    public int FailuresInARow { get; private set; }

    /// <summary>What the last merge threw if it failed.</summary>
    public Exception? LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>Of the last merge that took place.</summary>
    public TimeSpan LastDuration => TimeSpan.FromTicks(Volatile.Read(ref _lastDurationTicks));

    /// <summary>Whether no failure asks for a pause.</summary>
    public bool MayTry => FailuresInARow == 0 || clock.GetElapsedTime(_failedAt) >= retryDelay * (1 << Math.Min(FailuresInARow - 1, MostDoublings));

    public void NoteSuccess(TimeSpan duration)
    {
        FailuresInARow = 0;
        Volatile.Write(ref _lastFailure, null);
        Volatile.Write(ref _lastDurationTicks, duration.Ticks);
        Volatile.Write(ref _successes, _successes + 1);
    }

    public void NoteFailure(Exception failure)
    {
        FailuresInARow++;
        _failedAt = clock.GetTimestamp();
        Volatile.Write(ref _lastFailure, failure);
        Volatile.Write(ref _failures, _failures + 1);
    }
}
