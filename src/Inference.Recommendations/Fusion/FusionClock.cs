namespace Inference.Recommendations.Fusion;

/// <summary>Says when the sources of a fused model are late. The default value never does.</summary>
internal readonly struct FusionClock(TimeProvider time, long until)
{
    /// <summary>Whether somebody waits.</summary>
    public bool IsSet => time is not null;

    /// <summary>Whether what has not begun is late.</summary>
    public bool IsOver => time is not null && time.GetTimestamp() > until;

    /// <summary>Seconds that are left at a timestamp; endless where nobody waits.</summary>
    public double LeftAt(long now) => time is null ? double.PositiveInfinity : SecondsOf(until - now);

    /// <summary>Ticks of the clock in seconds.</summary>
    public double SecondsOf(long ticks) => time is null ? 0 : ticks / (double)time.TimestampFrequency;

    /// <summary>The clock's timestamp; 0 where nobody waits.</summary>
    public long Now => time?.GetTimestamp() ?? 0;
}
