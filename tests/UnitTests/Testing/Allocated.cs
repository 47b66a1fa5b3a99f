namespace UnitTests.Testing;

/// <summary>What code allocates on the thread that runs it.</summary>
internal static class Allocated
{
    /// <summary>Bytes, the least of some rounds: a collection for other tests counts the rest of this thread's allocation buffer.</summary>
    public static long Least(Action action, int rounds = 5)
    {
        long least = long.MaxValue;
        for (int round = 0; round < rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
