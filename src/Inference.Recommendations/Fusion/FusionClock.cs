namespace Inference.Recommendations.Fusion;

/// <summary>Says when the sources of a fused model are late. The default value never does.</summary>
internal readonly struct FusionClock(TimeProvider time, long until)
{
    /// <summary>Whether somebody waits.</summary>
    public bool IsSet => time is not null;

    /// <summary>Whether what has not begun is late.</summary>
    public bool IsOver => time is not null && time.GetTimestamp() > until;

    /// <summary>The clock's timestamp; 0 where nobody waits.</summary>
    public long Now => time?.GetTimestamp() ?? 0;
}
