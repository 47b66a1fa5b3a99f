namespace Inference.Towers.Batching;

/// <summary>How long runs of towers and rankers have kept threads of this process busy, from its start.</summary>
public static class RunTotals
{
    private static long s_ticks;

    /// <summary>The time of all runs that have ended, added up.</summary>
    public static TimeSpan Time => TimeSpan.FromTicks(Interlocked.Read(ref s_ticks));

    internal static void Add(TimeSpan run) => Interlocked.Add(ref s_ticks, run.Ticks);
}
