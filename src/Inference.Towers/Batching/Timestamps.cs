namespace Inference.Towers.Batching;

/// <summary>Sums of a clock's timestamps and seconds.</summary>
internal static class Timestamps
{
    /// <summary>A timestamp so many seconds later; the end of time when that is too far.</summary>
    public static long After(this TimeProvider time, long timestamp, double seconds)
    {
        double ticks = seconds * time.TimestampFrequency;
        return ticks < long.MaxValue / 2 ? timestamp + (long)ticks : long.MaxValue;
    }
}
