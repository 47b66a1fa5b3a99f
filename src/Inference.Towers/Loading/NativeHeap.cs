using System.Runtime.InteropServices;

namespace Inference.Towers.Loading;

/// <summary>Gives native memory back to the system after a load and after a snapshot has gone.</summary>
/// <remarks>
/// The C library of most Linux systems keeps what is freed, in an arena for nearly every thread, up to tens of megabytes each once large blocks have come and gone. Each load has new threads,
/// and each snapshot's sessions free what several threads allocated, so without this the resident memory of a process is well above what it uses (Benchmarks: model-leak), for as long as it
/// lives. Trimming takes milliseconds and a lock of one arena at a time, so it is done on a thread of its own that does not stand back: one that did could be stopped while others wait for its lock, and one of the pool would be missing to requests.
/// </remarks>
internal static partial class NativeHeap
{
    /// <summary>Trims soon.</summary>
    public static void TrimSoon()
    {
        if (OperatingSystem.IsLinux())
            _ = LoadingThreads.RunAlone(Trim, niceness: 0);
    }

    private static void Trim()
    {
        try
        {
            _ = MemoryTrim(0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // Another C library, which keeps less.
        }
    }

    /// <param name="pad">Bytes to keep at the top of the heap.</param>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MemoryTrim(nuint pad);

    /// <summary>The last part of a snapshot to be disposed.</summary>
    public sealed class TrimWhenDisposed : IDisposable
    {
        public void Dispose() => TrimSoon();
    }
}
