namespace Inference.Towers.Batching;

/// <summary>Runs of towers and rankers that are under way in this process: each keeps a thread busy with work that others may join meanwhile.</summary>
public static class ActiveRuns
{
    private static int s_count;

    /// <summary>How many there are now.</summary>
    public static int Count => Volatile.Read(ref s_count);

    internal static void Begin() => Interlocked.Increment(ref s_count);

    internal static void End() => Interlocked.Decrement(ref s_count);
}
