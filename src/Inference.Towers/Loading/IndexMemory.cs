namespace Inference.Towers.Loading;

/// <summary>Whether an index file may be copied into memory of its own: searches of a graph go from place to place, and through the small pages of the page cache each step waits for the translation of an address.</summary>
internal static class IndexMemory
{
    /// <summary>What of the process's memory is left: the container's limit or the machine's memory, less what it has.</summary>
    public static long Left => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet;

    /// <summary>Whether a file may take its bytes of what is left: the version before, and the one after, need theirs.</summary>
    /// <param name="bytes">Of the file.</param>
    /// <param name="left">See <see cref="Left"/>.</param>
    public static bool HasRoomFor(long bytes, long left) => bytes <= left / 2;
}
